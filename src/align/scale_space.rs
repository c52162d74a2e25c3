//! Gaussian scale space over three octaves and its differences, after Lowe 2004
//! (doi:10.1023/B:VISI.0000029664.99615.94).

use crate::align::filter::{doubled, gaussian, halved};
use crate::raster::Raster;

/// Levels per octave at which extrema are looked for.
pub(super) const LEVELS: usize = 3;
/// σ of the first level of each octave, in the octave's pixels.
pub(super) const FIRST_SIGMA: f64 = 1.6;
/// σ that a photograph is assumed to have already.
const CAMERA_SIGMA: f64 = 0.5;
/// Octaves: σ from 1.6 to 12.8 px of a one-megapixel view.
const OCTAVES: usize = 3;
/// Views with fewer pixels start one octave finer, on a doubled raster: they would give too few
/// keypoints.
const SMALL_VIEW_PX: usize = 400_000;
/// An octave narrower than this has no room for a descriptor.
const NARROWEST: u32 = 48;

/// One octave.
pub(super) struct Octave {
    /// Pixels of the view per pixel of this octave.
    pub step_px: f64,
    /// LEVELS + 3 Gaussians.
    pub gaussians: Vec<Raster>,
    /// LEVELS + 2 differences, coarser minus finer.
    pub differences: Vec<Raster>,
}

/// σ of a level in the octave's pixels.
pub(super) fn sigma_of(level: f64) -> f64 {
    FIRST_SIGMA * (level / LEVELS as f64).exp2()
}

/// The scale space of a raster.
pub(super) fn octaves(view: &Raster) -> Vec<Octave> {
    let small = view.size().area() < SMALL_VIEW_PX;
    let (mut step_px, assumed, start) =
        if small { (0.5, 2.0 * CAMERA_SIGMA, doubled(view)) } else { (1.0, CAMERA_SIGMA, view.clone()) };
    let mut first = gaussian(&start, (FIRST_SIGMA.powi(2) - assumed.powi(2)).sqrt());
    let mut out = Vec::new();
    for _ in 0..OCTAVES + usize::from(small) {
        if first.size().width.min(first.size().height) < NARROWEST {
            break;
        }
        let mut gaussians = vec![first];
        for level in 1..LEVELS + 3 {
            let (from, to) = (sigma_of(level as f64 - 1.0), sigma_of(level as f64));
            gaussians.push(gaussian(&gaussians[level - 1], (to.powi(2) - from.powi(2)).sqrt()));
        }
        let differences = gaussians.windows(2).map(|pair| subtract(&pair[1], &pair[0])).collect();
        // The mean of 2×2 pixels keeps centers at +0.5 and adds σ 0.5, which is made up for by
        // taking it from the level before that of twice the first σ.
        first = next_first(&gaussians);
        out.push(Octave { step_px, gaussians, differences });
        step_px *= 2.0;
    }
    out
}

/// The first level of the next octave: of twice the first σ of this one.
fn next_first(gaussians: &[Raster]) -> Raster {
    // σ 2.54 in this octave, with the 2×2 mean 2.59; the rest is added after halving.
    let level = LEVELS - 1;
    let have = (sigma_of(level as f64).powi(2) + 0.25).sqrt() / 2.0;
    gaussian(&halved(&gaussians[level]), (FIRST_SIGMA.powi(2) - have.powi(2)).sqrt())
}

fn subtract(a: &Raster, b: &Raster) -> Raster {
    let mut out = a.clone();
    out.data_mut().iter_mut().zip(b.data()).for_each(|(a, b)| *a -= b);
    out
}
