//! What else than the skin can have made a change, by its direction: a softer photograph shows finer texture weaker, never
//! stronger.

use std::ops::{Add, Mul};

/// How much of a fall, and of a rise, on the axis of a metric something else than the skin can have made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Leak {
    /// Of a fall.
    pub falls: f64,
    /// Of a rise.
    pub rises: f64,
}

impl Leak {
    /// Something of which only the size is known.
    pub fn either_way(size: f64) -> Self {
        Self { falls: size, rises: size }
    }

    /// Something that moves a value by so much, below 0 down.
    pub fn along(shift: f64) -> Self {
        Self { falls: (-shift).max(0.0), rises: shift.max(0.0) }
    }

    /// The same where it is not known which way it moves a value.
    pub fn whichever_way(self) -> Self {
        Self::either_way(self.falls.max(self.rises))
    }

    /// How much of a change.
    pub fn of(self, change: f64) -> f64 {
        if change < 0.0 { self.falls } else { self.rises }
    }
}

impl Add for Leak {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { falls: self.falls + other.falls, rises: self.rises + other.rises }
    }
}

impl Mul<f64> for Leak {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self { falls: factor * self.falls, rises: factor * self.rises }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_counts_in_its_own_direction() {
        let leak = Leak::along(-0.2) + Leak::either_way(0.05) * 2.0;
        assert!((leak.of(-0.5) - 0.3).abs() < 1e-12 && (leak.of(0.5) - 0.1).abs() < 1e-12);
        assert_eq!(Leak::along(-0.2).whichever_way(), Leak::either_way(0.2));
    }
}
