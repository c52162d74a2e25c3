//! Memory that pairs in flight share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many bytes, taken and given back.
#[derive(Debug)]
pub(super) struct Memory {
    limit: u64,
    taken: Mutex<u64>,
    given_back: Condvar,
}

/// Bytes that are given back when this goes.
#[derive(Debug)]
pub(super) struct Share<'a> {
    of: &'a Memory,
    bytes: u64,
}

impl Memory {
    /// `None` is without limit.
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self { limit: limit.unwrap_or(u64::MAX), taken: Mutex::default(), given_back: Condvar::new() }
    }

    fn taken(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many bytes are free. What is more than there is at all waits until nobody holds any.
    pub(super) fn take(&self, bytes: u64) -> Share<'_> {
        let mut taken = self.taken();
        while *taken > 0 && taken.saturating_add(bytes) > self.limit {
            taken = self.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = taken.saturating_add(bytes);
        Share { of: self, bytes }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.of.taken() -= self.bytes;
        self.of.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn never_more_than_there_is_and_all_have_their_turn() {
        let memory = Memory::new(Some(100));
        let (now, most, turns) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [40, 60, 30, 90, 10, 50, 70, 100].repeat(5) {
                let (memory, now, most, turns) = (&memory, &now, &most, &turns);
                scope.spawn(move || {
                    let _share = memory.take(bytes);
                    most.fetch_max(now.fetch_add(bytes, Ordering::SeqCst) + bytes, Ordering::SeqCst);
                    std::thread::yield_now();
                    now.fetch_sub(bytes, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(turns.into_inner(), 40);
        let most = most.into_inner();
        assert!((90..=100).contains(&most), "{most}");
    }

    #[test]
    fn what_is_more_than_all_runs_alone() {
        let memory = Memory::new(Some(100));
        drop(memory.take(1000));
        assert_eq!(*memory.taken(), 0);
    }
}
