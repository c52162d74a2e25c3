//! A pair on disk: two photographs, the truth in words and numbers, the truth in pictures.

use super::camera::Rendered;
use super::error::PhantomError;
use super::pair::{DemoOptions, Pair, demo_pair};
use super::scene::Treatment;
use super::truth::Truth;
use crate::geometry::Homography;
use crate::raster::Raster;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairTruth {
    /// What was asked for.
    pub options: DemoOptions,
    /// What happened to the skin.
    pub treatment: Treatment,
    /// Where a pixel of `before` lies in `after`.
    pub after_from_before: Homography,
    /// File name of the first photograph.
    pub before_file: String,
    /// File name of the second photograph.
    pub after_file: String,
    /// The first photograph.
    pub before: Truth,
    /// The second photograph.
    pub after: Truth,
    /// The pictures of the truth.
    pub maps: Vec<MapFile>,
}

/// One 16-bit gray PNG: value = `zero` + `per_code` · code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapFile {
    /// File name.
    pub file: String,
    /// What it shows.
    pub quantity: String,
    /// `um` or `od`.
    pub unit: String,
    /// Value of code 0.
    pub zero: f64,
    /// Value of one code.
    pub per_code: f64,
}

/// Renders the demonstration pair into `folder` (made if need be): `before` and `after` as PNG or
/// JPEG, `truth.json`, and `truth_<before|after>_<height|melanin|spots|hemoglobin>.png`.
///
/// # Errors
/// What [`demo_pair`] refuses, or a file that cannot be written.
pub fn write_pair(folder: &Path, options: &DemoOptions) -> Result<PairTruth, PhantomError> {
    let Pair { before, after, treatment, after_from_before } = demo_pair(options)?;
    std::fs::create_dir_all(folder).map_err(|source| PhantomError::Write { path: folder.into(), source })?;
    let mut maps = Vec::new();
    let mut files = Vec::new();
    for (name, rendered) in [("before", &before), ("after", &after)] {
        let (extension, bytes) = match options.jpeg_quality {
            Some(quality) => ("jpg", rendered.rgb.jpeg(quality)?),
            None => ("png", rendered.rgb.png()?),
        };
        files.push(format!("{name}.{extension}"));
        write(folder, &format!("{name}.{extension}"), &bytes)?;
        write_maps(folder, name, rendered, &mut maps)?;
    }
    let truth = PairTruth {
        options: *options,
        treatment,
        after_from_before,
        before_file: files[0].clone(),
        after_file: files[1].clone(),
        before: before.truth,
        after: after.truth,
        maps,
    };
    let mut json = serde_json::to_vec_pretty(&truth)?;
    json.push(b'\n');
    write(folder, "truth.json", &json)?;
    Ok(truth)
}

fn write_maps(
    folder: &Path,
    name: &str,
    rendered: &Rendered,
    maps: &mut Vec<MapFile>,
) -> Result<(), PhantomError> {
    let m = &rendered.maps;
    // Fixed scales, so that pictures of two scenes can be compared by eye.
    let planes = [
        ("height", "um", &m.height_um, -2000.0, 0.05),
        ("melanin", "od", &m.melanin_od, 0.0, 1e-4),
        ("spots", "od", &m.spots_od, 0.0, 1e-5),
        ("hemoglobin", "od", &m.hemoglobin_od, 0.0, 5e-5),
    ];
    for (quantity, unit, plane, zero, per_code) in planes {
        let file = format!("truth_{name}_{quantity}.png");
        write(folder, &file, &gray16(plane, zero, per_code)?)?;
        maps.push(MapFile { file, quantity: quantity.into(), unit: unit.into(), zero, per_code });
    }
    Ok(())
}

fn gray16(plane: &Raster<f32>, zero: f64, per_code: f64) -> Result<Vec<u8>, PhantomError> {
    let size = plane.size();
    // The encoder takes 16-bit samples in the machine's own byte order.
    let samples: Vec<u8> = plane
        .data()
        .iter()
        .flat_map(|&v| (((f64::from(v) - zero) / per_code).round().clamp(0.0, 65535.0) as u16).to_ne_bytes())
        .collect();
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&samples, size.width, size.height, ExtendedColorType::L16)
        .map_err(|source| PhantomError::Encode { what: format!("a {size} map"), source })?;
    Ok(file)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PhantomError> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|source| PhantomError::Write { path, source })
}
