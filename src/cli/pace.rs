//! How fast pairs are measured, and how long the rest will take.

use std::time::{Duration, Instant};

/// Pairs against the clock. Reports of an earlier run that stand cost no time and tell nothing of it.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    begun: Instant,
    total: usize,
    done: usize,
    measured: usize,
}

impl Pace {
    /// Of so many pairs, from now on.
    pub fn new(total: usize) -> Self {
        Self { begun: Instant::now(), total, done: 0, measured: 0 }
    }

    /// One more, which was measured just now or before.
    pub fn step(&mut self, measured: bool) {
        self.done += 1;
        self.measured += usize::from(measured);
    }

    /// Pairs that are done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Pairs a minute until now; `None` before the first was measured.
    pub fn per_minute(&self, now: Instant) -> Option<f64> {
        let minutes = (now - self.begun).as_secs_f64() / 60.0;
        (self.measured > 0 && minutes > 0.0).then(|| self.measured as f64 / minutes)
    }

    /// How long the rest takes at this pace.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let minutes = (self.total - self.done) as f64 / self.per_minute(now)?;
        Some(Duration::from_secs_f64(60.0 * minutes))
    }

    /// In words; nothing before the first was measured.
    pub fn told(&self, now: Instant) -> String {
        match (self.per_minute(now), self.left(now)) {
            (Some(rate), Some(left)) => {
                let digits = usize::from(rate < 10.0);
                format!("{rate:.digits$} pairs/min, {} left", duration(left))
            }
            _ => String::new(),
        }
    }
}

/// In the two largest units.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, min, s) => format!("{min} min {s} s"),
        (0, h, min, _) => format!("{h} h {min} min"),
        (days, h, _, _) => format!("{days} d {h} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_was_measured() {
        let mut pace = Pace::new(10);
        let after = |pace: &Pace, seconds: f64| pace.begun + Duration::from_secs_f64(seconds);
        assert_eq!(pace.told(after(&pace, 5.0)), "");
        // Three stand already, two take 15 s each: 4 a minute, and five are left.
        for measured in [false, false, false, true, true] {
            pace.step(measured);
        }
        let now = after(&pace, 30.0);
        assert_eq!((pace.per_minute(now), pace.left(now)), (Some(4.0), Some(Duration::from_secs(75))));
        assert_eq!(pace.told(now), "4.0 pairs/min, 1 min 15 s left");
    }

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, told) in
            [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(duration(Duration::from_secs(seconds)), told);
        }
    }
}
