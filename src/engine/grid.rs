//! Planes, wherever they live.

use std::sync::Arc;

use super::cpu::HostPool;
use super::gpu::pool::BufferPool;
use crate::geometry::Size;

/// What a plane can hold: 4-byte plain numbers, the same on both engines.
pub trait Element: bytemuck::Pod + Default + Send + Sync + std::fmt::Debug {}
impl Element for f32 {}
impl Element for u32 {}

/// Values on pixels.
pub type Plane = Grid<f32>;
/// Object numbers on pixels; 0 is background.
pub type Labels = Grid<u32>;

/// A row-major plane, in host memory or in a GPU buffer. Its memory goes back to the engine's
/// pool when it is dropped.
#[derive(Debug)]
pub struct Grid<T: Element> {
    size: Size,
    store: Store<T>,
}

#[derive(Debug)]
enum Store<T: Element> {
    Host { values: Vec<T>, pool: Arc<HostPool> },
    Device { buffer: Option<wgpu::Buffer>, pool: Arc<BufferPool> },
}

impl<T: Element> Grid<T> {
    pub(super) fn on_host(size: Size, values: Vec<T>, pool: Arc<HostPool>) -> Self {
        Self { size, store: Store::Host { values, pool } }
    }

    pub(super) fn on_device(size: Size, buffer: wgpu::Buffer, pool: Arc<BufferPool>) -> Self {
        Self { size, store: Store::Device { buffer: Some(buffer), pool } }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The values, on the CPU engine.
    ///
    /// # Panics
    /// If the plane lives on a GPU: operators never mix engines.
    pub fn host(&self) -> &[T] {
        match &self.store {
            Store::Host { values, .. } => values,
            Store::Device { .. } => panic!("a GPU plane was given to a CPU operator"),
        }
    }

    /// The values, on the CPU engine, to write.
    ///
    /// # Panics
    /// If the plane lives on a GPU.
    pub fn host_mut(&mut self) -> &mut [T] {
        match &mut self.store {
            Store::Host { values, .. } => values,
            Store::Device { .. } => panic!("a GPU plane was given to a CPU operator"),
        }
    }

    /// The buffer, on the GPU engine.
    ///
    /// # Panics
    /// If the plane lives in host memory.
    pub(crate) fn buffer(&self) -> &wgpu::Buffer {
        match &self.store {
            Store::Device { buffer: Some(buffer), .. } => buffer,
            _ => panic!("a CPU plane was given to a GPU operator"),
        }
    }
}

impl<T: Element> Drop for Grid<T> {
    fn drop(&mut self) {
        match &mut self.store {
            Store::Host { values, pool } => pool.give(std::mem::take(values)),
            Store::Device { buffer, pool } => {
                if let Some(buffer) = buffer.take() {
                    pool.give(buffer);
                }
            }
        }
    }
}
