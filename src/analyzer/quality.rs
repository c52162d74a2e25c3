//! The gate: what one photograph is good for.

use super::grid::GridFacts;
use crate::calibrate::NOISE_IN_OCTAVE;
use crate::photo::Photo;
use crate::reason::Reason;

/// JPEG quality below which compression eats texture.
const LEAST_JPEG_QUALITY: u8 = 75;
/// Coarsest photograph, and coarsest color of it, that anything is read on, in pixels per millimetre.
const LEAST_PX_PER_MM: f64 = 3.0;
/// Shares of the region from which a photograph is limited, in per cent.
const MUCH_CLIPPED_PERCENT: f64 = 10.0;
const MUCH_GLARE_PERCENT: f64 = 10.0;
/// Valid share of the region below which it is limited; below 70 % it is refused.
const ENOUGH_VALID_PERCENT: f64 = 80.0;
/// Median linear light between which skin is exposed well: darker, noise and rounding rule; brighter, it
/// clips. Very dark skin photographed as usual is at 0.03.
const EXPOSURE: (f64, f64) = (0.01, 0.80);
/// Noise from which fine texture drowns, in mOD: relief has 10 to 60.
const MOST_NOISE_MOD: f64 = 40.0;
/// Finest octave over what noise alone would put there, below which nothing is sharp.
const LEAST_OVER_NOISE: f64 = 1.03;

/// What limits a photograph by its file alone.
pub(super) fn of_file(photo: &Photo) -> Vec<Reason> {
    let mut out = Vec::new();
    let quality = photo.jpeg.as_ref().and_then(|j| j.quality_estimate);
    if let Some(quality) = quality.filter(|&q| q < LEAST_JPEG_QUALITY) {
        let message = "the JPEG is compressed so far that fine texture is lost, in JPEG quality";
        out.push(Reason::limit("jpeg_quality", message, f64::from(quality), f64::from(LEAST_JPEG_QUALITY)));
    }
    if photo.warnings.iter().any(|w| w.code == "processed_in_camera") {
        let message =
            "the camera reworked the photograph (such as HDR or portrait mode): its tones are not the skin's";
        out.push(Reason::new("processed_in_camera", message));
    }
    out
}

/// What limits it by what it shows. `px_per_mm` is its own, where the scale is known.
pub(super) fn of_skin(photo: &Photo, facts: &GridFacts, px_per_mm: Option<f64>) -> Vec<Reason> {
    let mut out = Vec::new();
    let mut most = |code, message, found: f64, needed: f64| {
        if found > needed {
            out.push(Reason::limit(code, message, found, needed));
        }
    };
    let excluded = &facts.excluded;
    most(
        "clipped",
        "too much of the region is pure white or black, in per cent",
        excluded.clipped,
        MUCH_CLIPPED_PERCENT,
    );
    most("glare", "too much of the region shines, in per cent", excluded.specular, MUCH_GLARE_PERCENT);
    most("overexposed", "the skin is too bright, in shares of white", facts.exposure, EXPOSURE.1);
    most("noisy", "noise drowns fine texture, in mOD", facts.noise, MOST_NOISE_MOD);
    let mut least = |code, message, found: f64, needed: f64| {
        if found < needed {
            out.push(Reason::limit(code, message, found, needed));
        }
    };
    let valid = facts.valid_percent;
    least(
        "little_valid_skin",
        "little of the region is bare and well exposed skin, in per cent",
        valid,
        ENOUGH_VALID_PERCENT,
    );
    least("underexposed", "the skin is too dark, in shares of white", facts.exposure, EXPOSURE.0);
    let over_noise = facts.sharpness / (NOISE_IN_OCTAVE * facts.noise).max(f64::MIN_POSITIVE);
    least(
        "blurred",
        "the photograph is blurred: its finest detail is no stronger than noise, as a ratio",
        over_noise,
        LEAST_OVER_NOISE,
    );
    if let Some(px_per_mm) = px_per_mm {
        let message = "the photograph is too coarse, in pixels per millimeter";
        least("resolution_too_low", message, px_per_mm, LEAST_PX_PER_MM);
        let message = "the JPEG keeps color too coarsely, in pixels per millimeter";
        least("chroma_subsampled", message, px_per_mm / chroma_divisor(photo), LEAST_PX_PER_MM);
    }
    out
}

/// Pixels across that share one color.
fn chroma_divisor(photo: &Photo) -> f64 {
    match photo.jpeg.as_ref().map(|j| j.chroma_subsampling.as_str()) {
        Some("4:2:0" | "4:2:2" | "4:4:0") => 2.0,
        Some("4:1:1") => 4.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::advice;
    use crate::align::SkinMap;
    use crate::geometry::Size;
    use crate::photo::JpegFacts;
    use crate::region::ExcludedShares;

    fn photo(jpeg: Option<(u8, &str)>) -> Photo {
        let mut photo = Photo::from_rgb_bytes("photo", Size::new(1, 1), &[128; 3]);
        photo.jpeg = jpeg.map(|(quality, chroma)| JpegFacts {
            quality_estimate: Some(quality),
            chroma_subsampling: chroma.to_owned(),
            progressive: false,
        });
        photo
    }

    fn good() -> GridFacts {
        GridFacts {
            index: 0,
            this_from_first: SkinMap::identity(),
            excluded: ExcludedShares { specular: 1.0, hair: 1.0, clipped: 1.0 },
            valid_percent: 97.0,
            sharpness: 12.0,
            noise: 5.0,
            exposure: 0.3,
            quality: Vec::new(),
            focus: None,
            blur_px: 0.0,
        }
    }

    fn codes(facts: &GridFacts, px_per_mm: f64, jpeg: Option<(u8, &str)>) -> Vec<String> {
        of_skin(&photo(jpeg), facts, Some(px_per_mm)).into_iter().map(|r| r.code).collect()
    }

    #[test]
    fn each_fault_gives_its_reason_and_a_good_photograph_none() {
        assert!(codes(&good(), 16.0, Some((90, "4:2:0"))).is_empty());
        let with = |change: fn(&mut GridFacts)| {
            let mut facts = good();
            change(&mut facts);
            codes(&facts, 16.0, None)
        };
        assert_eq!(with(|f| f.excluded.clipped = 11.0), ["clipped"]);
        assert_eq!(with(|f| f.excluded.specular = 11.0), ["glare"]);
        assert_eq!(with(|f| f.exposure = 0.9), ["overexposed"]);
        assert_eq!(with(|f| f.exposure = 0.005), ["underexposed"]);
        assert_eq!(with(|f| f.valid_percent = 75.0), ["little_valid_skin"]);
        assert_eq!(with(|f| f.sharpness = 3.8), ["blurred"]);
        assert_eq!(with(|f| (f.noise, f.sharpness) = (41.0, 60.0)), ["noisy"]);
        assert_eq!(codes(&good(), 2.0, None), ["resolution_too_low", "chroma_subsampled"]);
        assert_eq!(codes(&good(), 5.0, Some((90, "4:2:0"))), ["chroma_subsampled"]);
        assert!(codes(&good(), 5.0, Some((90, "4:4:4"))).is_empty());
        let file = |q| of_file(&photo(Some((q, "4:2:0")))).len();
        assert_eq!((file(74), file(75)), (1, 0));
    }

    #[test]
    fn every_fault_comes_with_advice() {
        let mut facts = good();
        facts.excluded = ExcludedShares { specular: 50.0, hair: 0.0, clipped: 50.0 };
        (facts.exposure, facts.noise, facts.sharpness, facts.valid_percent) = (0.0, 99.0, 1.0, 71.0);
        let mut photo = photo(Some((10, "4:1:1")));
        photo.warnings.push(Reason::new("processed_in_camera", "a test"));
        let reasons: Vec<Reason> =
            of_file(&photo).into_iter().chain(of_skin(&photo, &facts, Some(1.0))).collect();
        assert!(reasons.len() >= 9, "{reasons:?}");
        for reason in reasons {
            assert!(advice(&reason.code).is_some(), "{}", reason.code);
        }
    }
}
