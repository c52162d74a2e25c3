//! Eyes are hidden in pictures that are shared, and the rest is as before.

use std::path::{Path, PathBuf};

use crate::common::reference_data;
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::Engine;
use dermetric::photo::{Decoder, Limits, Photo};
use dermetric::report::pictures::{Drawn, Inlay, Side};
use dermetric::share::ShareKey;
use image::RgbImage;

/// Around a pupil, in distances of the pupils, nothing must be left of an eye.
const EYE: f64 = 0.17;
/// RMS of detail there, in codes of 255, at most: flat skin has as much.
const LEAST_DETAIL: f64 = 1.5;
/// Farther than this from both eyes a picture is as it was.
const BESIDE: f64 = 0.9;

/// A face and its pupils, in pixels.
struct Known {
    file: PathBuf,
    pupils: [[f64; 2]; 2],
}

fn known(data: &Path) -> Vec<Known> {
    let mut out = Vec::new();
    for set in ["canada", "lisa", "london_pairs"] {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(data.join(set)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let landmarks = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "tem"));
        for file in landmarks {
            let text = std::fs::read_to_string(file).unwrap();
            let point = |line: &str| -> [f64; 2] {
                let numbers: Vec<f64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
                [numbers[0], numbers[1]]
            };
            let mut lines = text.lines().skip(1);
            let pupils = [point(lines.next().unwrap()), point(lines.next().unwrap())];
            out.push(Known { file: file.with_extension("jpg"), pupils });
        }
    }
    out
}

/// The photograph as the page of a pair shows it, which has one photograph for both visits.
fn shown(analyzer: &Analyzer, photo: &Photo, share: Option<ShareKey>) -> (RgbImage, f64) {
    let options =
        Options { pictures: true, drawn: Drawn { sheets: false, page: true }, share, ..Options::default() };
    let photos = std::slice::from_ref(photo);
    let outcome = analyzer.compare_photos(photos, photos, &options).unwrap();
    let is_before = |inlay: &Option<Inlay>| matches!(inlay, Some(Inlay::Photo { side: Side::Before, .. }));
    let picture = outcome.pictures.iter().find(|picture| is_before(&picture.inlay)).unwrap();
    let Some(Inlay::Photo { extent, .. }) = picture.inlay else { unreachable!() };
    let image = image::load_from_memory(&picture.bytes).unwrap().into_rgb8();
    let scale = f64::from(image.width()) / extent[0];
    (image, scale)
}

fn gray(image: &RgbImage, x: i64, y: i64) -> f64 {
    let inside = |at: i64, side: u32| at.clamp(0, i64::from(side) - 1) as u32;
    let [r, g, b] = image.get_pixel(inside(x, image.width()), inside(y, image.height())).0.map(f64::from);
    (r + 2.0 * g + b) / 4.0
}

/// RMS of what differs from the mean around, within a disc.
fn detail(image: &RgbImage, [x, y]: [f64; 2], radius: f64) -> f64 {
    let around = (radius / 3.0).max(2.0) as i64;
    let (mut sum, mut count) = (0.0, 0.0);
    let reach = radius as i64;
    for dy in (-reach..=reach).step_by(2) {
        for dx in (-reach..=reach).step_by(2).filter(|dx| dx * dx + dy * dy <= reach * reach) {
            let (u, v) = (x as i64 + dx, y as i64 + dy);
            let far = [(-around, 0), (around, 0), (0, -around), (0, around)];
            let mean = far.iter().map(|(du, dv)| gray(image, u + du, v + dv)).sum::<f64>() / 4.0;
            sum += (gray(image, u, v) - mean).powi(2);
            count += 1.0;
        }
    }
    f64::sqrt(sum / count)
}

/// Most that any pixel differs by that is far from both eyes.
fn differs_beside(a: &RgbImage, b: &RgbImage, pupils: [[f64; 2]; 2], far: f64) -> f64 {
    let beside =
        |x: u32, y: u32| pupils.iter().all(|[u, v]| (f64::from(x) - u).hypot(f64::from(y) - v) > far);
    let mut most = 0.0f64;
    for (x, y, pixel) in a.enumerate_pixels().filter(|(x, y, _)| beside(*x, *y)) {
        let other = b.get_pixel(x, y).0;
        most = (0..3).map(|c| f64::from(pixel.0[c].abs_diff(other[c]))).fold(most, f64::max);
    }
    most
}

#[test]
fn eyes_are_hidden_and_the_rest_is_as_before() {
    let Some(data) = reference_data("faces_repeat") else { return };
    let analyzer = Analyzer::with_engine(Engine::cpu().unwrap()).unwrap();
    let faces = known(&data);
    assert!(faces.len() >= 40, "{} faces", faces.len());
    let (mut seen, mut left) = (0, Vec::new());
    // Some: all of them are looked at where the veil is made, which is quicker.
    for face in faces.iter().step_by(15) {
        let photo = Decoder::new().load(&face.file, &Limits::default()).unwrap();
        let (hidden, scale) = shown(&analyzer, &photo, Some(ShareKey::of(&[7; 32])));
        let pupils = face.pupils.map(|pupil| pupil.map(|at| scale * at));
        let between = (pupils[1][0] - pupils[0][0]).hypot(pupils[1][1] - pupils[0][1]);
        for (side, pupil) in pupils.iter().enumerate() {
            let detail = detail(&hidden, *pupil, EYE * between);
            if detail > LEAST_DETAIL {
                left.push(format!("{} eye {side}: {detail:.1}", face.file.display()));
            }
        }
        let (open, _) = shown(&analyzer, &photo, None);
        assert!(pupils.iter().all(|pupil| detail(&open, *pupil, EYE * between) > 3.0 * LEAST_DETAIL));
        assert_eq!(differs_beside(&open, &hidden, pupils, BESIDE * between), 0.0, "{}", face.file.display());
        seen += 1;
    }
    assert!(left.is_empty() && seen >= 3, "{left:#?}");
}
