//! The pixels of two decoders of JPEG. What is refused, the other tests ask of the one that is built in.

use std::path::{Path, PathBuf};

use super::{data_folder, load_any_size, textured_jpeg};
use crate::geometry::Size;
use crate::photo::jpeg_markers::walk;
use crate::photo::load::Job;
use crate::photo::{Limits, jpeg_turbo, jpeg_zune};

/// Steps of 255 in any channel of any pixel. zune-jpeg rounds chroma twice on its way to the full size, libjpeg once. Measured: 5.
const MOST_STEPS: u8 = 5;
/// Steps of 255 in a channel, on average over a picture. Measured: 0.42 on 128 px full of edges, 0.18 on photographs of 1350 px, 0.02
/// where chroma has the size of the picture.
const MEAN_STEPS: f64 = 0.5;

/// The largest difference in any channel, and the largest mean one.
fn differences(bytes: &[u8]) -> (u8, f64) {
    let limits = Limits::default();
    let job = Job { file: "a test".to_owned(), bytes, limits: &limits, min_side: 1 };
    let walk = walk(bytes).unwrap();
    let (frame, picture) = (walk.frame.clone().unwrap(), &bytes[..walk.end]);
    let (mut zune, mut turbo) = (Vec::new(), Vec::new());
    jpeg_zune::decode_pixels(&job, picture, &frame, &mut zune).unwrap();
    jpeg_turbo::decode_pixels(&job, picture, &frame, &mut turbo).unwrap();
    assert_eq!((zune.len(), turbo.len()), (4 * frame.size.area(), 4 * frame.size.area()));
    let (mut most, mut sums) = (0, [0u64; 4]);
    for (one, other) in zune.as_chunks::<4>().0.iter().zip(turbo.as_chunks::<4>().0) {
        for channel in 0..4 {
            let steps = one[channel].abs_diff(other[channel]);
            most = most.max(steps);
            sums[channel] += u64::from(steps);
        }
    }
    assert_eq!(sums[3], 0, "both are opaque");
    (most, sums.into_iter().max().unwrap() as f64 / frame.size.area() as f64)
}

fn jpegs_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            jpegs_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "jpg" || ending == "jpeg") {
            found.push(path);
        }
    }
}

#[test]
fn pixels_of_both_decoders_are_alike() {
    assert_ne!(jpeg_turbo::DECODER, jpeg_zune::DECODER);
    let (most, mean) = differences(&textured_jpeg(Size::new(160, 112)));
    assert!(most <= MOST_STEPS && mean <= MEAN_STEPS, "{most}, {mean}");
    let Some(data) = data_folder() else { return };
    let mut files = Vec::new();
    jpegs_below(&data, &mut files);
    let (mut read, mut worst) = (0, (0, 0.0f64));
    for file in files {
        let Ok(photo) = load_any_size(&file) else { continue };
        assert_eq!(photo.decoder, jpeg_turbo::DECODER);
        let (most, mean) = differences(&std::fs::read(&file).unwrap());
        assert!(most <= MOST_STEPS && mean <= MEAN_STEPS, "{}: {most}, {mean}", file.display());
        (read, worst) = (read + 1, (worst.0.max(most), worst.1.max(mean)));
    }
    println!("{read} photographs: at most {} steps, {:.3} on average", worst.0, worst.1);
    assert!(read >= 95, "{read}");
}
