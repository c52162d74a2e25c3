//! Millimetres per pixel, and photographs brought to one color and one sharpness. What was
//! assumed and what was matched is always in the report.

pub mod card;
pub mod chart;
pub mod color;
mod color_match;
pub mod focus;
mod ita;
mod jackknife;
mod light;
mod mode;
pub mod noise;
mod scale;
mod shape;
pub mod sharpness;
pub mod target;

pub use color_match::{ColorMatch, MatchSource, match_color, od_from_chromophores};
pub use ita::ItaClass;
pub use light::{
    LEAST_CORRELATION, LampMoved, LightComparison, LightEvidence, LightSample, LightSource, Seen,
    compare_light,
};
pub use mode::half_sample_mode;
pub use scale::{
    ASSUMED_WIDTH_MM, KnownScale, MM_PER_PX, ScaleInput, ScaleSource, WorkingScale, working_scale,
};
pub use shape::{Densities, ShapeComparison, ShapeSamples, compare_shape};
pub use sharpness::{NOISE_IN_OCTAVE, detail_power, equalizing_sigma, top_octave_power};

use crate::ops::resample::{ClipLimits, Encoded};
use crate::photo::{ColorEncoding, Photo, Pixels};

/// Encoded values that carry no information. Where colors were converted on decoding, clipping
/// was judged before, and only what is void is lost.
pub fn clip_limits(photo: &Photo) -> ClipLimits {
    match photo.color {
        ColorEncoding::Icc { .. } => ClipLimits { low: 0, high: 255 },
        _ => ClipLimits { low: 5, high: 250 },
    }
}

/// A photograph's pixels as the resampling takes them.
pub fn encoded(photo: &Photo) -> Encoded<'_> {
    match &photo.pixels {
        Pixels::Rgba8(values) => Encoded::Rgba8(values),
        Pixels::Rgba16(values) => Encoded::Rgba16(values),
    }
}
