//! How much memory a pool keeps for planes to come.

/// Photographs that are looked back at: with some in flight at once, one may just have begun.
const BEFORE: usize = 4;

/// A pool keeps what brings it up to the most that lived at once during the last photographs: those of one size reuse all of it, and
/// after large ones small ones do not hold what they cannot use.
#[derive(Debug, Default)]
pub(super) struct Budget {
    live: u64,
    free: u64,
    /// Most that lived at once since the last [`Budget::begin`], and between those before.
    most: u64,
    before: [u64; BEFORE],
}

impl Budget {
    /// Bytes that live.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// So many bytes were taken, fresh or of so many that were free.
    pub(super) fn took(&mut self, bytes: u64, of_free: u64) {
        self.live += bytes;
        self.most = self.most.max(self.live);
        self.free -= of_free;
    }

    /// So many bytes were given back.
    pub(super) fn gave(&mut self, bytes: u64) {
        self.live -= bytes;
        self.free += bytes;
    }

    /// So many bytes that were free are gone.
    pub(super) fn dropped(&mut self, bytes: u64) {
        self.free -= bytes;
    }

    /// Whether free memory must go before `more` bytes come.
    pub(super) fn is_passed_by(&self, more: u64) -> bool {
        let most = self.before.into_iter().fold(self.most.max(self.live + more), u64::max);
        self.free > 0 && self.live + self.free + more > most
    }

    /// Other photographs begin.
    pub(super) fn begin(&mut self) {
        self.before.rotate_right(1);
        self.before[0] = self.most;
        self.most = self.live;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_of_one_size_reuse_all_and_smaller_ones_keep_no_more_than_they_use() {
        let mut budget = Budget::default();
        for reused in [0, 100] {
            budget.begin();
            budget.took(100, reused);
            budget.took(100, reused);
            assert!(!budget.is_passed_by(0));
            budget.gave(100);
            budget.gave(100);
            assert!(!budget.is_passed_by(0), "all of it is kept for the next");
        }
        // Small planes after them: what was kept goes as soon as it would be more, and all of it in the end.
        budget.begin();
        assert!(budget.is_passed_by(10), "210 of 200");
        budget.dropped(100);
        budget.took(10, 0);
        assert!(!budget.is_passed_by(0));
        budget.gave(10);
        for _ in 0..=BEFORE {
            budget.begin();
            budget.took(10, 10);
            budget.gave(10);
        }
        assert!(budget.is_passed_by(0), "110 of 10");
        budget.dropped(100);
        assert!(!budget.is_passed_by(0));
        assert_eq!(budget.live(), 0);
    }
}
