//! GPU buffers for planes and staging, reused by size.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Buffers of one usage, kept by size. A buffer given back may still be in use by submitted
/// work: that is safe, because the one queue runs everything in order.
#[derive(Debug)]
pub struct BufferPool {
    device: wgpu::Device,
    label: &'static str,
    usage: wgpu::BufferUsages,
    free: Mutex<BTreeMap<u64, Vec<wgpu::Buffer>>>,
}

impl BufferPool {
    pub(super) fn new(device: &wgpu::Device, label: &'static str, usage: wgpu::BufferUsages) -> Self {
        Self { device: device.clone(), label, usage, free: Mutex::default() }
    }

    pub(super) fn take(&self, bytes: u64) -> wgpu::Buffer {
        let reused = {
            let mut free = self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            free.get_mut(&bytes).and_then(Vec::pop)
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
        let mut free = self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        free.entry(buffer.size()).or_default().push(buffer);
    }

    /// Forgets every buffer that is free; the next photograph may have another size.
    pub(super) fn clear(&self) {
        self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }
}
