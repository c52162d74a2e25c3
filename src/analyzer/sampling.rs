//! Both photographs of a pair sampled at the same skin, on a coarse grid of samples.

use crate::geometry::Size;
use crate::ops::warp::Lattice;

/// Spacing of the lattices, in samples.
const LATTICE: u32 = 8;

/// Places of the same skin on two photographs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sampling {
    /// Samples across and down.
    pub size: Size,
    /// Distance of samples on the first photograph, in working pixels: at least 1.
    pub step: f64,
    /// Working pixels of the first photograph from samples.
    pub own: Lattice,
    /// Working pixels of the other photograph from samples.
    pub there: Lattice,
}

impl Sampling {
    /// Samples `step_px` working pixels apart over a first photograph of size `first`; `there_from_own` maps its working pixels to
    /// those of the other. `None` where not one sample fits.
    pub fn new(first: Size, step_px: f64, there_from_own: impl Fn(f64, f64) -> (f64, f64)) -> Option<Self> {
        let step = step_px.max(1.0);
        let [columns, rows] = [first.width, first.height].map(|side| (f64::from(side) / step) as u32);
        let size = Size::new(columns, rows);
        (size.area() > 0).then(|| Self {
            size,
            step,
            own: Lattice::from_fn(size, LATTICE, |x, y| (x * step, y * step)),
            there: Lattice::from_fn(size, LATTICE, |x, y| there_from_own(x * step, y * step)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_on_the_same_skin_of_both_photographs() {
        let moved = |x: f64, y: f64| (0.5 * x + 7.0, 0.5 * y - 3.0);
        let found = Sampling::new(Size::new(101, 47), 5.0, moved).unwrap();
        assert_eq!((found.size, found.step), (Size::new(20, 9), 5.0));
        for (x, y) in [(0.5, 0.5), (3.25, 8.5), (19.5, 8.5)] {
            let (own, there) = (found.own.source_at(x, y), found.there.source_at(x, y));
            assert!((own.0 - 5.0 * x).abs() < 1e-4 && (own.1 - 5.0 * y).abs() < 1e-4, "{own:?}");
            let expected = moved(own.0, own.1);
            assert!((there.0 - expected.0).abs() < 1e-4 && (there.1 - expected.1).abs() < 1e-4, "{there:?}");
        }
    }

    #[test]
    fn steps_are_at_least_a_pixel_and_a_photograph_below_one_step_has_no_sample() {
        let same = |x, y| (x, y);
        let finest = Sampling::new(Size::new(30, 20), 0.4, same).unwrap();
        assert_eq!((finest.size, finest.step), (Size::new(30, 20), 1.0));
        assert_eq!(Sampling::new(Size::new(30, 4), 5.0, same), None);
    }
}
