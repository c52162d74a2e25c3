//! The CPU engine: host memory from a pool. The threads belong to [`super::Engine`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::budget::Budget;
use super::grid::{Element, Grid};
use crate::geometry::Size;
use crate::large::zeros;

/// Host memory for planes, reused: fresh pages cost several times what a reused plane does.
#[derive(Debug, Default)]
pub struct Cpu {
    pool: Arc<HostPool>,
}

impl Cpu {
    /// Frees the memory that is kept.
    pub(super) fn trim(&self) {
        self.pool.state().trim();
    }

    /// Other photographs begin. They are registered before planes are needed, which takes memory of its own.
    pub(super) fn begin(&self) {
        let mut state = self.pool.state();
        state.trim();
        state.budget.begin();
    }

    /// A plane whose values are unspecified.
    pub(super) fn grid<T: Element>(&self, size: Size) -> Grid<T> {
        Grid::on_host(size, self.pool.take(size.area()), Arc::clone(&self.pool))
    }
}

/// Vectors of 4-byte numbers.
#[derive(Debug, Default)]
pub(super) struct HostPool(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The longest kept first.
    free: Vec<Vec<u32>>,
    budget: Budget,
}

impl HostPool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take<T: Element>(&self, len: usize) -> Vec<T> {
        let needed = 4 * len as u64;
        let mut state = self.state();
        let reused = state.fitting(len);
        let of_free = reused.as_deref().map_or(0, bytes);
        let values = reused.unwrap_or_else(|| {
            state.keep_within(needed);
            // Of zeros that nobody wrote: threads that fill the plane touch its pages first, all at once.
            zeros(len)
        });
        state.budget.took(needed, of_free);
        tracing::trace!(target: "dermetric::memory", live = state.budget.live());
        drop(state);
        let mut values: Vec<T> = bytemuck::cast_vec(values);
        values.resize(len, T::default());
        values
    }

    pub(super) fn give<T: Element>(&self, values: Vec<T>) {
        let values: Vec<u32> = bytemuck::cast_vec(values);
        let mut state = self.state();
        state.budget.gave(bytes(&values));
        state.free.push(values);
        state.keep_within(0);
    }
}

impl State {
    /// The nearest in size that has room: none of which more than an eighth would lie idle, and none that would touch more than an eighth
    /// of fresh memory. Photographs of a pair differ by that much, and take turns.
    fn fitting(&mut self, len: usize) -> Option<Vec<u32>> {
        let touched = |i: usize| self.free[i].len();
        let apart = |i: usize| touched(i).abs_diff(len);
        (0..self.free.len())
            .filter(|&i| self.free[i].capacity() >= len && apart(i) <= touched(i).max(len) / 8)
            .min_by_key(|&i| (touched(i) < len, apart(i)))
            .map(|i| self.free.remove(i))
    }

    /// Frees what was kept longest, as far as `more` bytes need it.
    fn keep_within(&mut self, more: u64) {
        while self.budget.is_passed_by(more) {
            self.budget.dropped(bytes(&self.free.remove(0)));
        }
    }

    fn trim(&mut self) {
        for values in self.free.drain(..) {
            self.budget.dropped(bytes(&values));
        }
    }
}

fn bytes(values: &[u32]) -> u64 {
    4 * values.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_plane_is_reused() {
        let cpu = Cpu::default();
        cpu.grid::<u32>(Size::new(100, 10)).host_mut().fill(7);
        let second: Grid<u32> = cpu.grid(Size::new(90, 11));
        assert_eq!(second.host()[0], 7);
        assert_eq!(second.host().len(), 990);
    }

    /// The photographs of a pair are of slightly different sizes: one pool serves both, whichever came first.
    #[cfg(target_env = "gnu")]
    #[test]
    fn planes_of_slightly_different_sizes_are_one_plane_in_turn() {
        let cpu = Cpu::default();
        cpu.grid::<f32>(Size::new(1000, 1000)).host_mut().fill(7.0);
        // Fresh memory is of zeros, wherever it lies; what is found here was written before.
        for height in [1060, 1000, 1060] {
            let plane: Grid<f32> = cpu.grid(Size::new(1000, height));
            assert_eq!((plane.host().len(), plane.host()[0]), (1000 * height as usize, 7.0));
        }
    }

    #[test]
    fn nothing_is_kept_from_one_pair_to_the_next() {
        let cpu = Cpu::default();
        drop(cpu.grid::<f32>(Size::new(100, 100)));
        assert_eq!(cpu.pool.state().free.len(), 1);
        cpu.begin();
        assert_eq!(cpu.pool.state().free.len(), 0);
    }

    #[test]
    fn a_small_plane_does_not_take_a_large_one() {
        let cpu = Cpu::default();
        drop(cpu.grid::<f32>(Size::new(1000, 1000)));
        let small: Grid<f32> = cpu.grid(Size::new(10, 10));
        assert_eq!(small.host().len(), 100);
    }

    #[test]
    fn no_more_is_held_than_lived_at_once() {
        let cpu = Cpu::default();
        let held = || {
            let state = cpu.pool.state();
            state.budget.live() + state.free.iter().map(|values| bytes(values)).sum::<u64>()
        };
        for side in [100, 60, 150] {
            for _ in 0..3 {
                let planes: Vec<Grid<f32>> = (0..5).map(|_| cpu.grid(Size::new(side, side))).collect();
                drop(planes);
            }
            let most = 5 * 4 * u64::from(side.max(100)).pow(2);
            assert!(held() <= most, "side {side}: {} of {most}", held());
        }
        cpu.trim();
        assert_eq!(held(), 0);
    }
}
