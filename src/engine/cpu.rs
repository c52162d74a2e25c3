//! The CPU engine: host memory from a pool. The threads belong to [`super::Engine`].

use std::sync::{Arc, Mutex};

use super::grid::{Element, Grid};
use crate::geometry::Size;

/// Planes kept for reuse, at most: fresh pages cost several times what a reused plane does.
const KEPT_PLANES: usize = 48;

/// Host memory for planes, reused.
#[derive(Debug, Default)]
pub struct Cpu {
    pool: Arc<HostPool>,
}

impl Cpu {
    /// Frees the memory that is kept.
    pub(super) fn trim(&self) {
        self.pool.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
    }

    /// A plane whose values are unspecified.
    pub(super) fn grid<T: Element>(&self, size: Size) -> Grid<T> {
        Grid::on_host(size, self.pool.take(size.area()), Arc::clone(&self.pool))
    }
}

/// Vectors of 4-byte numbers, kept by capacity.
#[derive(Debug, Default)]
pub(super) struct HostPool {
    free: Mutex<Vec<Vec<u32>>>,
}

impl HostPool {
    fn take<T: Element>(&self, len: usize) -> Vec<T> {
        let reused = {
            let mut free = self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            // The smallest that fits, and none that would waste more than half of itself.
            (0..free.len())
                .filter(|&i| free[i].capacity() >= len && free[i].capacity() / 2 <= len)
                .min_by_key(|&i| free[i].capacity())
                .map(|i| free.swap_remove(i))
        };
        let mut values: Vec<T> = reused.map(bytemuck::cast_vec).unwrap_or_default();
        values.resize(len, T::default());
        values
    }

    pub(super) fn give<T: Element>(&self, values: Vec<T>) {
        if values.capacity() == 0 {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if free.len() == KEPT_PLANES {
            free.remove(0);
        }
        free.push(bytemuck::cast_vec(values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_plane_is_reused() {
        let cpu = Cpu::default();
        let first: Grid<f32> = cpu.grid(Size::new(100, 10));
        let address = first.host().as_ptr() as usize;
        drop(first);
        let second: Grid<u32> = cpu.grid(Size::new(90, 11));
        assert_eq!(second.host().as_ptr() as usize, address);
        assert_eq!(second.host().len(), 990);
    }

    #[test]
    fn a_small_plane_does_not_take_a_large_one() {
        let cpu = Cpu::default();
        drop(cpu.grid::<f32>(Size::new(1000, 1000)));
        let small: Grid<f32> = cpu.grid(Size::new(10, 10));
        assert_eq!(small.host().len(), 100);
        assert_eq!(cpu.pool.free.lock().unwrap().len(), 1);
    }
}
