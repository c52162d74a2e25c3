//! Pixels per millimetre of every photograph, and of the grid they share.

use crate::geometry::Size;

/// Scales at which a photograph can show skin, in millimetres per pixel.
pub const MM_PER_PX: std::ops::RangeInclusive<f64> = 0.0005..=5.0;
/// Width that the region is taken to have where no scale is known, in mm. Lengths are then not
/// reported; ratios stay true, because the registration knows how the scales compare.
pub const ASSUMED_WIDTH_MM: f64 = 60.0;
/// Finest working grid, in pixels per millimetre: the finest band asks for no more.
const FINEST_PX_PER_MM: f64 = 20.0;
/// Largest plane, in pixels: 128 MiB of f32, the binding every device grants.
const LARGEST_PLANE: f64 = 32e6;

/// Where the scale comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleSource {
    /// The user gave it.
    Given,
    /// A marker card in the photograph.
    Card,
    /// A color chart in the photograph whose size the user gave.
    Chart,
    /// The user measured the iris.
    Iris,
    /// [`ASSUMED_WIDTH_MM`].
    Assumed,
}

/// A scale that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownScale {
    /// Millimetres per pixel.
    pub mm_per_px: f64,
    /// Coefficient of variation in per cent.
    pub cv_percent: f64,
    /// Where it comes from.
    pub source: ScaleSource,
}

/// Scales of a set of photographs.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkingScale {
    /// Of the shared grid.
    pub px_per_mm: f64,
    /// Of each photograph before resampling.
    pub native_px_per_mm: Vec<f64>,
    /// Working pixels per photograph pixel, for each photograph; at most 1.
    pub factors: Vec<f64>,
    /// Where it comes from.
    pub source: ScaleSource,
    /// Its coefficient of variation in per cent, where it is known.
    pub cv_percent: Option<f64>,
}

impl WorkingScale {
    /// Whether lengths may be told.
    pub fn is_known(&self) -> bool {
        self.source != ScaleSource::Assumed
    }

    /// The coarsest photograph: what resolution gates look at.
    pub fn coarsest_px_per_mm(&self) -> f64 {
        self.native_px_per_mm.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// One photograph's part in the scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleInput {
    /// Width and height in pixels.
    pub size: Size,
    /// What is known of it by itself.
    pub known: Option<KnownScale>,
    /// Pixels per pixel of the first photograph, by registration; 1 for the first.
    pub ratio_to_first: f64,
}

/// The grid that all photographs share: as fine as the coarsest, and no finer than 20 px/mm.
/// The first photograph's region is `region_width_px` wide.
pub fn working_scale(inputs: &[ScaleInput], region_width_px: f64) -> WorkingScale {
    let (first, source) = match inputs[0].known {
        Some(known) => (1.0 / known.mm_per_px, known.source),
        None => (region_width_px / ASSUMED_WIDTH_MM, ScaleSource::Assumed),
    };
    let native: Vec<f64> = inputs
        .iter()
        .map(|input| match (input.known, source) {
            (_, ScaleSource::Assumed) | (None, _) => first * input.ratio_to_first,
            (Some(known), _) => 1.0 / known.mm_per_px,
        })
        .collect();
    let coarsest = native.iter().copied().fold(f64::INFINITY, f64::min);
    let fitting = inputs
        .iter()
        .zip(&native)
        .map(|(input, native)| native * (LARGEST_PLANE / input.size.area() as f64).sqrt())
        .fold(f64::INFINITY, f64::min);
    let px_per_mm = coarsest.min(FINEST_PX_PER_MM).min(fitting);
    WorkingScale {
        px_per_mm,
        factors: native.iter().map(|native| (px_per_mm / native).min(1.0)).collect(),
        native_px_per_mm: native,
        source,
        cv_percent: inputs[0].known.map(|known| known.cv_percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(mm_per_px: f64) -> KnownScale {
        KnownScale { mm_per_px, cv_percent: 1.0, source: ScaleSource::Given }
    }

    fn input(mm_per_px: Option<f64>, ratio_to_first: f64) -> ScaleInput {
        ScaleInput { size: Size::new(1000, 800), known: mm_per_px.map(given), ratio_to_first }
    }

    #[test]
    fn the_coarser_photograph_sets_the_grid() {
        let scale = working_scale(&[input(Some(0.1), 1.0), input(Some(0.125), 0.8)], 600.0);
        assert_eq!(scale.px_per_mm, 8.0);
        assert_eq!(scale.factors, [0.8, 1.0]);
        assert_eq!((scale.source, scale.coarsest_px_per_mm()), (ScaleSource::Given, 8.0));
    }

    #[test]
    fn registration_gives_the_second_scale() {
        let scale = working_scale(&[input(Some(0.1), 1.0), input(None, 1.25)], 600.0);
        assert_eq!(scale.native_px_per_mm, [10.0, 12.5]);
        assert_eq!(scale.px_per_mm, 10.0);
    }

    #[test]
    fn without_a_scale_the_region_is_sixty_millimetres() {
        let scale = working_scale(&[input(None, 1.0)], 600.0);
        assert_eq!((scale.px_per_mm, scale.source), (10.0, ScaleSource::Assumed));
    }

    #[test]
    fn fine_and_large_photographs_are_reduced() {
        let fine = working_scale(&[input(Some(0.02), 1.0)], 600.0);
        assert_eq!((fine.px_per_mm, fine.factors[0]), (20.0, 0.4));
        let large =
            ScaleInput { size: Size::new(12_000, 10_000), known: Some(given(0.05)), ratio_to_first: 1.0 };
        let scale = working_scale(&[large], 600.0);
        let area = large.size.area() as f64 * scale.factors[0] * scale.factors[0];
        assert!((area - 32e6).abs() < 1.0);
    }
}
