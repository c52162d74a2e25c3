//! GPU buffers for planes and staging, reused by size.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::budget::Budget;

/// Buffers of one usage, kept by size. A buffer given back may still be in use by submitted
/// work: that is safe, because the one queue runs everything in order.
#[derive(Debug)]
pub struct BufferPool {
    device: wgpu::Device,
    label: &'static str,
    usage: wgpu::BufferUsages,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    free: BTreeMap<u64, Vec<wgpu::Buffer>>,
    budget: Budget,
}

impl BufferPool {
    pub(super) fn new(device: &wgpu::Device, label: &'static str, usage: wgpu::BufferUsages) -> Self {
        Self { device: device.clone(), label, usage, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self, bytes: u64) -> wgpu::Buffer {
        let reused = {
            let mut state = self.state();
            let reused = state.free.get_mut(&bytes).and_then(Vec::pop);
            if reused.is_none() {
                state.keep_within(bytes);
            }
            state.budget.took(bytes, if reused.is_some() { bytes } else { 0 });
            reused
        };
        reused.unwrap_or_else(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(self.label),
                size: bytes,
                usage: self.usage,
                mapped_at_creation: false,
            })
        })
    }

    /// Takes a buffer back.
    pub(in crate::engine) fn give(&self, buffer: wgpu::Buffer) {
        let mut state = self.state();
        state.budget.gave(buffer.size());
        state.free.entry(buffer.size()).or_default().push(buffer);
        state.keep_within(0);
    }

    /// Other photographs begin.
    pub(super) fn begin(&self) {
        self.state().budget.begin();
    }

    /// Forgets every buffer that is free; the next photograph may have another size.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        for (size, buffers) in std::mem::take(&mut state.free) {
            state.budget.dropped(size * buffers.len() as u64);
        }
    }
}

impl State {
    /// Frees buffers, the largest first, as far as `more` bytes need it.
    fn keep_within(&mut self, more: u64) {
        while self.budget.is_passed_by(more) {
            let Some(mut largest) = self.free.last_entry() else { break };
            if largest.get_mut().pop().is_some() {
                self.budget.dropped(*largest.key());
            } else {
                largest.remove();
            }
        }
    }
}
