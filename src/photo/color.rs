//! Colors of a file to sRGB: which conversion a file's tags ask for, by `moxcms`, relative
//! colorimetric, without black point compensation, in 16 bits.

use crate::photo::facts::sanitized;
use crate::photo::source::TaggedColor;
use crate::photo::types::ColorEncoding;
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ProfileText, RenderingIntent, ToneReprCurve, TransferCharacteristics,
    Transform16BitExecutor, TransformOptions,
};
use std::sync::Arc;

/// Profiles that move no test color further than this pass as sRGB: one step of 8 bits, which is
/// what the rounded tables in circulating sRGB profiles amount to.
const SAME_AS_SRGB: u16 = 257;
/// H.273: BT.709 primaries, and the transfer function of IEC 61966-2-1.
const SRGB_CODE_POINTS: (u8, u8) = (1, 13);

/// A conversion into 16-bit sRGB.
pub(crate) struct Conversion {
    executor: Arc<Transform16BitExecutor>,
    /// Whether it starts from one gray channel.
    from_gray: bool,
}

/// What is to be done with the values of a file.
pub(crate) struct Plan {
    pub encoding: ColorEncoding,
    /// `None`: the values stay as they are.
    pub conversion: Option<Conversion>,
}

/// Chooses the conversion. `is_gray`: the file has one channel of color.
///
/// # Errors
/// What is wrong with the profile, where it cannot be used.
pub(crate) fn plan(color: &TaggedColor, is_gray: bool) -> Result<Plan, String> {
    let keep = |encoding| Ok(Plan { encoding, conversion: None });
    let profile = match color {
        TaggedColor::Untagged => return keep(ColorEncoding::AssumedSrgb),
        TaggedColor::Srgb => return keep(ColorEncoding::Srgb),
        TaggedColor::Icc(bytes) => parsed_profile(bytes)?,
        TaggedColor::CodePoints { primaries, transfer } => {
            if (*primaries, *transfer) == SRGB_CODE_POINTS {
                return keep(ColorEncoding::Srgb);
            }
            profile_of_code_points(*primaries, *transfer)?
        }
        TaggedColor::GammaAndPrimaries { exponent, chromaticities } => {
            profile_of_gamma(*exponent, chromaticities.as_ref())?
        }
    };
    let conversion = Conversion::new(&profile, is_gray)?;
    if conversion.keeps_srgb()? {
        return keep(ColorEncoding::Srgb);
    }
    let description = match color {
        TaggedColor::CodePoints { primaries, transfer } => format!("cICP {primaries}/{transfer}"),
        TaggedColor::GammaAndPrimaries { exponent, chromaticities } => {
            let primaries = if chromaticities.is_some() { " and cHRM" } else { "" };
            format!("PNG gAMA {:.5}{primaries}", 1.0 / exponent)
        }
        _ => profile_name(&profile).unwrap_or_else(|| "unnamed profile".to_owned()),
    };
    Ok(Plan { encoding: ColorEncoding::Icc { description }, conversion: Some(conversion) })
}

impl Conversion {
    fn new(profile: &ColorProfile, is_gray: bool) -> Result<Self, String> {
        let from_gray = match profile.color_space {
            DataColorSpace::Rgb => false,
            DataColorSpace::Gray if is_gray => true,
            DataColorSpace::Gray => return Err("a gray profile in a color picture".to_owned()),
            other => return Err(format!("a profile for {other:?} values in an RGB or gray picture")),
        };
        let options = TransformOptions {
            rendering_intent: RenderingIntent::RelativeColorimetric,
            prefer_fixed_point: false,
            ..TransformOptions::default()
        };
        let (from, to) = if from_gray { (Layout::Gray, Layout::Rgb) } else { (Layout::Rgba, Layout::Rgba) };
        profile
            .create_transform_16bit(from, &ColorProfile::new_srgb(), to, options)
            .map(|executor| Self { executor, from_gray })
            .map_err(|error| format!("a profile that gives no conversion ({error})"))
    }

    /// Converts pixels R, G, B, A in place; A stays. `scratch` is kept between calls to save allocations.
    pub(crate) fn apply(&self, rgba: &mut [u16], scratch: &mut Vec<u16>) -> Result<(), String> {
        scratch.clear();
        let failed = |error: moxcms::CmsError| format!("a profile whose conversion fails ({error})");
        if self.from_gray {
            let pixels = rgba.len() / 4;
            scratch.extend(rgba.chunks_exact(4).map(|p| p[0]));
            scratch.resize(4 * pixels, 0);
            let (gray, rgb) = scratch.split_at_mut(pixels);
            self.executor.transform(gray, rgb).map_err(failed)?;
            for (out, rgb) in rgba.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
                out[..3].copy_from_slice(rgb);
            }
        } else {
            scratch.extend_from_slice(rgba);
            self.executor.transform(scratch, rgba).map_err(failed)?;
            for (out, before) in rgba.chunks_exact_mut(4).zip(scratch.chunks_exact(4)) {
                out[3] = before[3];
            }
        }
        Ok(())
    }

    /// Whether the conversion leaves test colors all over the cube where they are.
    fn keeps_srgb(&self) -> Result<bool, String> {
        let level = |i: u32| (i * 65535 / 16) as u16;
        let mut colors = Vec::new();
        for gray in 0..=255u16 {
            colors.extend([gray * 257, gray * 257, gray * 257, 65535]);
        }
        if !self.from_gray {
            for index in 0..17 * 17 * 17 {
                colors.extend([level(index % 17), level(index / 17 % 17), level(index / 289), 65535]);
            }
        }
        let before = colors.clone();
        self.apply(&mut colors, &mut Vec::new())?;
        Ok(colors.iter().zip(&before).all(|(a, b)| a.abs_diff(*b) <= SAME_AS_SRGB))
    }
}

/// Reads an ICC profile, checking what the reader lets pass: signature and stated length.
fn parsed_profile(bytes: &[u8]) -> Result<ColorProfile, String> {
    let stated = bytes.first_chunk().map_or(0, |&length| u32::from_be_bytes(length) as usize);
    if bytes.get(36..40) != Some(b"acsp") {
        return Err(format!("{} bytes that are no ICC profile", bytes.len()));
    }
    if stated > bytes.len() {
        return Err(format!("a profile of {} bytes cut to {}", stated, bytes.len()));
    }
    ColorProfile::new_from_slice(bytes).map_err(|error| format!("a broken ICC profile ({error})"))
}

fn profile_of_code_points(primaries: u8, transfer: u8) -> Result<ColorProfile, String> {
    // 16 is PQ, 18 is HLG: scene-referred or absolute light, with no agreed way to sRGB.
    if matches!(transfer, 16 | 18) {
        return Err("an HDR color space (PQ or HLG)".to_owned());
    }
    let unknown = || format!("unknown color code points {primaries}/{transfer}");
    let color_primaries = CicpColorPrimaries::try_from(primaries).map_err(|_| unknown())?;
    let transfer_characteristics = TransferCharacteristics::try_from(transfer).map_err(|_| unknown())?;
    let profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    if profile.is_matrix_shaper() { Ok(profile) } else { Err(unknown()) }
}

fn profile_of_gamma(exponent: f64, chromaticities: Option<&[(f64, f64); 4]>) -> Result<ColorProfile, String> {
    let mut profile = ColorProfile::new_srgb();
    if let Some(points) = chromaticities {
        let [white, red, green, blue] = points.map(|(x, y)| Chromaticity::new(x as f32, y as f32));
        profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
        let colorants = [profile.red_colorant, profile.green_colorant, profile.blue_colorant];
        if !colorants.iter().all(|c| c.x.is_finite() && c.y.is_finite() && c.z.is_finite()) {
            return Err("a cHRM chunk whose primaries span no colors".to_owned());
        }
    }
    if !(0.1..=10.0).contains(&exponent) {
        return Err(format!("a gAMA chunk of exponent {exponent:.3}"));
    }
    let curve = Some(ToneReprCurve::Parametric(vec![exponent as f32]));
    profile.cicp = None;
    (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
    Ok(profile)
}

/// The name that a profile gives itself.
fn profile_name(profile: &ColorProfile) -> Option<String> {
    let name = match profile.description.as_ref()? {
        ProfileText::PlainString(text) => text,
        ProfileText::Localizable(texts) => {
            let english = texts.iter().find(|t| t.language == "en");
            &english.or_else(|| texts.first())?.value
        }
        ProfileText::Description(text) => &text.ascii_string,
    };
    sanitized(name)
}
