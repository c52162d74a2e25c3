//! A pair of large photographs of synthetic skin, to see where time and memory go:
//!
//! ```sh
//! cargo run --release --example render_pair -- FOLDER    # before.jpg, after.jpg
//! cargo run --release -- compare FOLDER/before.jpg FOLDER/after.jpg --mm-per-px 0.05 --engine cpu --profile --out FOLDER/report
//! ```
//!
//! A number after `FOLDER` renders a pair so many millimetres wide instead of 300, which is 24 MP: 150 are 6 MP.

use std::path::Path;
use std::time::Instant;

use dermetric::phantom::{DemoOptions, demo_pair};

const JPEG_QUALITY: u8 = 95;
/// 6000 × 4000 pixels at 20 px/mm, the finest working grid: nothing is reduced.
const WIDTH_MM: f64 = 300.0;
const PX_PER_MM: f64 = 20.0;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => render(Path::new(folder), WIDTH_MM),
        [folder, width_mm] => render(Path::new(folder), width_mm.parse()?),
        _ => Err("usage: render_pair FOLDER [WIDTH_MM]".into()),
    }
}

fn render(folder: &Path, width_mm: f64) -> Result<(), Failure> {
    let begun = Instant::now();
    let size_mm = [width_mm, width_mm / 1.5];
    let pair = demo_pair(&DemoOptions { size_mm, px_per_mm: PX_PER_MM, ..DemoOptions::default() })?;
    std::fs::create_dir_all(folder)?;
    for (name, photo) in [("before.jpg", &pair.before), ("after.jpg", &pair.after)] {
        std::fs::write(folder.join(name), photo.rgb.jpeg(JPEG_QUALITY)?)?;
    }
    println!("two photographs of {} in {:.1} s", pair.before.rgb.size(), begun.elapsed().as_secs_f64());
    Ok(())
}
