//! The camera, and the picture it takes of a scene.

use super::blur::gaussian_blur;
use super::error::{PhantomError, require};
use super::fields::{Fields, Skin};
use super::light::Lighting;
use super::photo::{Rgb8, SensorNoise, expose};
use super::pose::Recapture;
use super::relief::{Lit, light_relief};
use super::scene::Scene;
use super::tone::Reflectance;
use super::truth::{Truth, TruthMaps, list};
use crate::geometry::{Homography, Size};
use crate::raster::Raster;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A camera's setting.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Exposure, stops; at 0 a perfect white diffuser is just white.
    pub exposure_ev: f64,
    /// Factors on red, green and blue.
    pub channel_gains: [f64; 3],
    /// Blur of lens and pixel, standard deviation in pixels (0–20).
    pub focus_sigma_px: f64,
    /// Sensor noise.
    pub noise: SensorNoise,
    /// Seed of the sensor noise.
    pub noise_seed: u64,
}

impl Camera {
    /// A telephone in focus.
    pub const PHONE: Self = Self {
        exposure_ev: 0.1,
        channel_gains: [1.0; 3],
        focus_sigma_px: 0.7,
        noise: SensorNoise::PHONE,
        noise_seed: 1,
    };
    /// A camera that adds nothing.
    pub const IDEAL: Self = Self {
        exposure_ev: 0.0,
        channel_gains: [1.0; 3],
        focus_sigma_px: 0.0,
        noise: SensorNoise::NONE,
        noise_seed: 0,
    };
}

/// How a scene is photographed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Pixels per millimeter of skin.
    pub px_per_mm: f64,
    /// The light.
    pub lighting: Lighting,
    /// The camera.
    pub camera: Camera,
    /// How strongly skin spreads light sideways (0–2): 1 is ordinary, 0 is none.
    pub subsurface: f64,
    /// Points along each side of a pixel that are rendered and averaged (1–4).
    pub oversample: u32,
    /// For a second photograph, how it differs from the first.
    pub recapture: Option<Recapture>,
}

impl Capture {
    /// The usual light of an arrangement and a telephone.
    pub fn usual(light: super::light::Light, px_per_mm: f64) -> Self {
        Self {
            px_per_mm,
            lighting: Lighting::usual(light),
            camera: Camera::PHONE,
            subsurface: 1.0,
            oversample: 1,
            recapture: None,
        }
    }

    /// The same setting for a second photograph.
    pub fn again(&self, recapture: Recapture) -> Self {
        Self { recapture: Some(recapture), ..*self }
    }

    fn check(&self) -> Result<(), PhantomError> {
        require("px_per_mm", self.px_per_mm, 1.0..=200.0, "1 to 200")?;
        require("exposure_ev", self.camera.exposure_ev, -8.0..=8.0, "-8 to 8")?;
        for gain in self.camera.channel_gains {
            require("channel_gains", gain, 0.25..=4.0, "0.25 to 4")?;
        }
        require("focus_sigma_px", self.camera.focus_sigma_px, 0.0..=20.0, "0 to 20")?;
        require("subsurface", self.subsurface, 0.0..=2.0, "0 to 2")?;
        require("oversample", f64::from(self.oversample), 1.0..=4.0, "1 to 4")?;
        self.camera.noise.check()?;
        self.lighting.check()?;
        self.recapture.map_or(Ok(()), |r| r.check())
    }
}

/// A photograph and the truth about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The photograph.
    pub rgb: Rgb8,
    /// What is true of it.
    pub truth: Truth,
    /// The truth pixel by pixel.
    pub maps: TruthMaps,
}

/// How far red, green and blue light spreads in skin: standard deviation in mm.
const SPREAD_MM: [f64; 3] = [0.35, 0.22, 0.15];
/// Share of each channel's light that has spread, the rest leaves where it entered.
const SPREAD_SHARE: [f32; 3] = [0.60, 0.45, 0.35];
/// Rendered beyond the image, mm: light spreads in from there.
const APRON_MM: f64 = 1.5;
/// Linear reflectance of hair.
const HAIR_REFLECTANCE: [f32; 3] = [0.055, 0.040, 0.030];
/// The largest photograph that is rendered, pixels after oversampling.
const PIXEL_LIMIT: f64 = 120e6;

/// Photographs a scene. The same arguments give the same bytes with any number of threads.
///
/// # Errors
/// A parameter out of range, or a photograph under 16 px wide or beyond 120 million rendered pixels.
pub fn render(scene: &Scene, capture: &Capture) -> Result<Rendered, PhantomError> {
    capture.check()?;
    let reflectance = Reflectance::new(&scene.pigments)?;
    let [width, height] = scene.size_mm.map(|s| (s * capture.px_per_mm).round());
    require("side of the photograph in px", width.min(height), 16.0..=f64::MAX, "16 or more")?;
    let rendered = width * height * f64::from(capture.oversample).powi(2);
    require("rendered pixels", rendered, 0.0..=PIXEL_LIMIT, "at most 120 million")?;
    let size = Size::new(width as u32, height as u32);

    let lens = Lens::new(size, capture);
    let fields = Fields::new(scene);
    let skin = lens.skin(&fields);
    let lit = light_relief(&lens.plane(&skin, |s| s.height_um), lens.pitch_mm, &lens.lighting);
    let recapture = capture.recapture.unwrap_or(Recapture::identical(capture.camera.noise_seed));
    let linear: [Raster<f32>; 3] =
        std::array::from_fn(|channel| lens.channel(channel, &skin, &lit, &reflectance));
    let gains = std::array::from_fn(|c| {
        (capture.camera.exposure_ev + recapture.exposure_ev).exp2()
            * capture.camera.channel_gains[c]
            * recapture.channel_gains[c]
    });
    let planes = [linear[0].data(), linear[1].data(), linear[2].data()];
    let mut rgb = expose(size, planes, gains, &capture.camera.noise, recapture.noise_seed);
    if let Some(quality) = recapture.jpeg_quality {
        rgb = rgb.through_jpeg(quality)?;
    }

    let listed = list(scene, &lens.px_from_mm);
    let truth = Truth {
        scene_seed: scene.seed,
        noise_seed: recapture.noise_seed,
        size_px: size,
        scene_size_mm: scene.size_mm,
        mm_per_px: lens.pitch_mm * f64::from(capture.oversample),
        px_from_mm: lens.px_from_mm,
        lighting: lens.lighting,
        camera: capture.camera,
        recapture: capture.recapture,
        base_melanin_od: scene.melanin_od,
        base_hemoglobin_od: scene.hemoglobin_od,
        relief: scene.relief,
        scars: listed.scars,
        spots: listed.spots,
        erythema: listed.erythema,
        wrinkles: listed.wrinkles,
        pores: scene.pores.len(),
        hairs: scene.hairs.len(),
    };
    let map = |value: fn(&Skin) -> f32| lens.developed(&lens.plane(&skin, value));
    let maps = TruthMaps {
        height_um: map(|s| s.height_um),
        melanin_od: map(|s| s.melanin_od),
        spots_od: map(|s| s.spots_od),
        hemoglobin_od: map(|s| s.hemoglobin_od),
        hair: map(|s| s.hair),
    };
    Ok(Rendered { rgb, truth, maps })
}

/// Light of one channel as it leaves skin: a share of it has spread sideways.
pub(super) fn spread(
    irradiance: &Raster<f32>,
    channel: usize,
    subsurface: f64,
    pitch_mm: f64,
) -> Raster<f32> {
    let mut light = irradiance.clone();
    if subsurface > 0.0 {
        gaussian_blur(&mut light, subsurface * SPREAD_MM[channel] / pitch_mm);
        let share = SPREAD_SHARE[channel];
        light.data_mut().par_iter_mut().zip(irradiance.data()).for_each(|(spread, straight)| {
            *spread = share * *spread + (1.0 - share) * straight;
        });
    }
    light
}

/// The geometry of one picture: a fine grid (oversampled, with an apron) behind the pixels.
struct Lens {
    size: Size,
    fine: Size,
    apron: usize,
    oversample: usize,
    /// Width of a fine pixel on the skin at the image center, mm.
    pitch_mm: f64,
    px_from_mm: Homography,
    mm_from_px: Homography,
    lighting: Lighting,
    focus_sigma_fine_px: f64,
    subsurface: f64,
}

impl Lens {
    fn new(size: Size, capture: &Capture) -> Self {
        let first = Homography::scaling(capture.px_per_mm);
        let mut lighting = capture.lighting;
        let mut focus_mm = 0.0;
        let mut px_from_mm = first;
        if let Some(again) = capture.recapture {
            px_from_mm = again.after_from_before(size, capture.px_per_mm).after(&first);
            lighting.azimuth_deg += again.light_azimuth_change_deg;
            lighting.elevation_change_deg += again.light_elevation_change_deg;
            focus_mm = again.focus_sigma_mm;
        }
        // The checks on a recapture keep the map far from singular.
        let mm_from_px = px_from_mm.inverse().unwrap_or(Homography::IDENTITY);
        let (x, y) = (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
        let (right, left) = (mm_from_px.apply(x + 0.5, y), mm_from_px.apply(x - 0.5, y));
        let (below, above) = (mm_from_px.apply(x, y + 0.5), mm_from_px.apply(x, y - 0.5));
        let area = (right.0 - left.0) * (below.1 - above.1) - (right.1 - left.1) * (below.0 - above.0);
        let mm_per_px = area.abs().sqrt();
        let oversample = capture.oversample as usize;
        let focus_px = capture.camera.focus_sigma_px.hypot(focus_mm / mm_per_px);
        let apron = (APRON_MM / mm_per_px + 4.0 * focus_px).ceil() as usize * oversample;
        let side = |n: u32| (n as usize * oversample + 2 * apron) as u32;
        Self {
            size,
            fine: Size::new(side(size.width), side(size.height)),
            apron,
            oversample,
            pitch_mm: mm_per_px / oversample as f64,
            px_from_mm,
            mm_from_px,
            lighting,
            focus_sigma_fine_px: focus_px * oversample as f64,
            subsurface: capture.subsurface,
        }
    }

    /// Image coordinates (px) of a fine pixel's center.
    fn image_from_fine(&self, column: usize, row: usize) -> (f64, f64) {
        let image = |k: usize| (k as f64 + 0.5 - self.apron as f64) / self.oversample as f64;
        (image(column), image(row))
    }

    /// The skin behind every fine pixel.
    fn skin(&self, fields: &Fields<'_>) -> Vec<Skin> {
        let width = self.fine.width as usize;
        let mut skin = vec![Skin::default(); self.fine.area()];
        skin.par_chunks_mut(width).enumerate().for_each(|(row, line)| {
            for (column, point) in line.iter_mut().enumerate() {
                let (u, v) = self.image_from_fine(column, row);
                let (x_mm, y_mm) = self.mm_from_px.apply(u, v);
                *point = fields.at(x_mm, y_mm, self.pitch_mm);
            }
        });
        skin
    }

    fn plane(&self, skin: &[Skin], value: fn(&Skin) -> f32) -> Raster<f32> {
        Raster::from_vec(self.fine, skin.par_iter().map(value).collect())
    }

    /// Linear light of one channel, developed.
    fn channel(&self, channel: usize, skin: &[Skin], lit: &Lit, reflectance: &Reflectance) -> Raster<f32> {
        let mut light = spread(&lit.irradiance, channel, self.subsurface, self.pitch_mm);
        let width = self.fine.width as usize;
        let half_side = f64::from(self.size.width.max(self.size.height)) / 2.0;
        let center = (f64::from(self.size.width) / 2.0, f64::from(self.size.height) / 2.0);
        light.data_mut().par_chunks_mut(width).enumerate().for_each(|(row, line)| {
            for (column, value) in line.iter_mut().enumerate() {
                let k = row * width + column;
                let (u, v) = self.image_from_fine(column, row);
                let field =
                    self.lighting.field((u - center.0) / half_side, (v - center.1) / half_side) as f32;
                let irradiance = *value;
                let s = skin[k];
                let albedo =
                    reflectance.of(channel, f64::from(s.melanin_od), f64::from(s.hemoglobin_od)) as f32;
                let bare = irradiance * albedo + lit.gloss.data()[k];
                *value = field * (bare + s.hair * (HAIR_REFLECTANCE[channel] * irradiance - bare));
            }
        });
        gaussian_blur(&mut light, self.focus_sigma_fine_px);
        self.developed(&light)
    }

    /// Without the apron, fine pixels averaged.
    fn developed(&self, fine: &Raster<f32>) -> Raster<f32> {
        let n = self.oversample;
        let mut out = Raster::filled(self.size, 0.0);
        out.data_mut().par_chunks_mut(self.size.width as usize).enumerate().for_each(|(y, line)| {
            for (x, value) in line.iter_mut().enumerate() {
                let mut sum = 0.0;
                for dy in 0..n {
                    let from = self.apron + x * n;
                    sum += fine.row((self.apron + y * n + dy) as u32)[from..from + n].iter().sum::<f32>();
                }
                *value = sum / (n * n) as f32;
            }
        });
        out
    }
}
