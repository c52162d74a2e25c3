//! Draws the skin that is found, for the eye: every photograph with the outline of its mask and
//! what is left out tinted, and contact sheets of all.
//!
//! ```sh
//! cargo run --example skin_masks -- OUT_FOLDER PHOTO...
//! ```
//!
//! Writes `NAME.mask.png` (white = skin, of the overview's size) for each photograph and
//! `sheet_1.jpg`, `sheet_2.jpg`, … of a dozen each; prints the seconds that the search took.

use std::path::{Path, PathBuf};
use std::time::Instant;

use dermetric::calibrate::clip_limits;
use dermetric::engine::{Engine, EngineChoice};
use dermetric::ops::resample::{Encoded, resample};
use dermetric::photo::{Limits, Pixels, load};
use dermetric::raster::Raster;
use dermetric::region::find_skin;
use image::{GrayImage, Rgb, RgbImage};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// As large as the overview that the analyzer looks for skin on.
const OVERVIEW_PIXELS: f64 = 1.0e6;
const CELL: u32 = 500;
const COLUMNS: u32 = 4;
const ROWS: u32 = 3;
const OUTLINE: Rgb<u8> = Rgb([0, 255, 90]);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: skin_masks OUT_FOLDER PHOTO...")?;
    std::fs::create_dir_all(&out)?;
    // One thread: the seconds are those of one core.
    let engine = Engine::new(&EngineChoice::Cpu, 1)?;
    let files: Vec<PathBuf> = arguments.collect();
    for (i, page) in files.chunks((COLUMNS * ROWS) as usize).enumerate() {
        let mut sheet = RgbImage::new(COLUMNS * CELL, ROWS * CELL);
        for (k, file) in (0..).zip(page) {
            let cell = engine.install(|| draw(&engine, file, &out))?;
            let (x, y) = (i64::from(k % COLUMNS * CELL), i64::from(k / COLUMNS * CELL));
            image::imageops::overlay(&mut sheet, &cell, x, y);
        }
        sheet.save(out.join(format!("sheet_{}.jpg", i + 1)))?;
    }
    Ok(())
}

fn draw(engine: &Engine, file: &Path, out: &Path) -> Result<RgbImage, Failure> {
    let photo = load(file, &Limits::default())?;
    let pixels = match &photo.pixels {
        Pixels::Rgba8(values) => Encoded::Rgba8(values),
        Pixels::Rgba16(values) => Encoded::Rgba16(values),
    };
    let factor = (OVERVIEW_PIXELS / photo.size.area() as f64).sqrt().min(1.0);
    let linear = resample(engine, pixels, photo.size, factor, clip_limits(&photo))?;
    let begun = Instant::now();
    let skin = find_skin(engine, &linear)?;
    let seconds = begun.elapsed().as_secs_f64();
    let mask = engine.download_raster(&skin.mask)?;
    let share = mask.data().iter().sum::<f32>() / mask.data().len() as f32;
    println!("{}\t{:?}\t{share:.3}\t{seconds:.3} s", photo.name, skin.scene);

    let size = mask.size();
    let gray = GrayImage::from_fn(size.width, size.height, |x, y| {
        image::Luma([if mask.at(x, y) > 0.5 { 255 } else { 0 }])
    });
    gray.save(out.join(format!("{}.mask.png", photo.name)))?;
    let mut rgb = Vec::with_capacity(3);
    for plane in &linear.rgb {
        rgb.push(engine.download_raster(plane)?);
    }
    let zoom = f64::from(CELL) / f64::from(size.width.max(size.height));
    Ok(RgbImage::from_fn(CELL, CELL, |x, y| {
        let at = |i: u32| ((f64::from(i) + 0.5) / zoom) as u32;
        let (u, v) = (at(x), at(y));
        if u >= size.width || v >= size.height {
            return Rgb([0; 3]);
        }
        let seen = [0, 1, 2].map(|c| encode(rgb[c].at(u, v)));
        let reach = (0.75 / zoom).ceil() as u32;
        if on_outline(&mask, u, v, reach) {
            OUTLINE
        } else if mask.at(u, v) > 0.5 {
            Rgb(seen)
        } else {
            // Blue tells what is left out, on every skin.
            Rgb([seen[0] / 2, seen[1] / 2, seen[2] / 2 + 127])
        }
    }))
}

fn on_outline(mask: &Raster, x: u32, y: u32, reach: u32) -> bool {
    let size = mask.size();
    let here = mask.at(x, y) > 0.5;
    let right = mask.at((x + reach).min(size.width - 1), y) > 0.5;
    let below = mask.at(x, (y + reach).min(size.height - 1)) > 0.5;
    here != right || here != below
}

fn encode(linear: f32) -> u8 {
    let v = linear.clamp(0.0, 1.0);
    let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}
