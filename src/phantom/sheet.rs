//! A flat printed sheet before a camera: a marker card or a color chart laid beside skin.
//!
//! Rendered by rays: for every point of the picture the place is found where its line of sight meets
//! the sheet. What is printed there is told by rectangles, whatever they mean.

use super::blur::gaussian_blur;
use super::error::{PhantomError, require};
use super::photo::{Rgb8, SensorNoise, expose, linear_of_code};
use crate::geometry::Size;
use crate::raster::Raster;
use rayon::prelude::*;

/// Points along each side of a pixel that are rendered and averaged.
const OVERSAMPLE: u32 = 3;

/// A rectangle of one color.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patch {
    /// Left, top, width and height, mm.
    pub mm: [f64; 4],
    /// Light that comes from it under the lamp, as the camera's linear red, green and blue.
    pub linear: [f64; 3],
}

/// What is printed, each patch above the ones before.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Width and height, mm. What no patch covers is not there: the background shows.
    pub size_mm: [f64; 2],
    /// The patches.
    pub patches: Vec<Patch>,
}

/// How the sheet lies before the camera, and how it is photographed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SheetView {
    /// Where the sheet's center appears, pixels.
    pub center_px: [f64; 2],
    /// Pixels per mm at the sheet's center if it faced the camera.
    pub px_per_mm: f64,
    /// Distance of the sheet's center from the camera along its axis, mm.
    pub distance_mm: f64,
    /// How far the sheet is turned clockwise in the picture, degrees.
    pub turn_deg: f64,
    /// How far it is tilted, degrees, about an axis in the picture.
    pub tilt_deg: f64,
    /// Direction of that axis, degrees from the x axis.
    pub tilt_axis_deg: f64,
    /// How much brighter the light is at the right and the lower border than in the middle, as a
    /// share; negative for darker.
    pub light_slope: [f64; 2],
    /// Factors on red, green and blue.
    pub channel_gains: [f64; 3],
    /// Blur, standard deviation in pixels.
    pub blur_px: f64,
    /// Sensor noise.
    pub noise: SensorNoise,
    /// Seed of that noise.
    pub noise_seed: u64,
    /// Quality of the JPEG that the photograph passes through, if any.
    pub jpeg_quality: Option<u8>,
}

impl SheetView {
    /// A sheet that faces a perfect camera 300 mm away, in even light.
    pub fn facing(center_px: [f64; 2], px_per_mm: f64) -> Self {
        Self {
            center_px,
            px_per_mm,
            distance_mm: 300.0,
            turn_deg: 0.0,
            tilt_deg: 0.0,
            tilt_axis_deg: 0.0,
            light_slope: [0.0; 2],
            channel_gains: [1.0; 3],
            blur_px: 0.0,
            noise: SensorNoise::NONE,
            noise_seed: 1,
            jpeg_quality: None,
        }
    }
}

/// Where the plane of a sheet is in space: its center, its two directions and its normal.
struct Plane {
    center: [f64; 3],
    right: [f64; 3],
    down: [f64; 3],
    normal: [f64; 3],
    focal_px: f64,
    middle: [f64; 2],
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// `v` turned about the unit vector `axis` (Rodrigues 1840).
fn turned(v: [f64; 3], axis: [f64; 3], degrees: f64) -> [f64; 3] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let cross =
        [axis[1] * v[2] - axis[2] * v[1], axis[2] * v[0] - axis[0] * v[2], axis[0] * v[1] - axis[1] * v[0]];
    let along = dot(axis, v) * (1.0 - cos);
    std::array::from_fn(|i| v[i] * cos + cross[i] * sin + axis[i] * along)
}

impl Plane {
    fn new(view: &SheetView, size: Size) -> Self {
        let focal_px = view.px_per_mm * view.distance_mm;
        let middle = [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0];
        let off = [0, 1].map(|i| (view.center_px[i] - middle[i]) / view.px_per_mm);
        let (sin, cos) = view.tilt_axis_deg.to_radians().sin_cos();
        let lie =
            |v: [f64; 3]| turned(turned(v, [0.0, 0.0, 1.0], view.turn_deg), [cos, sin, 0.0], view.tilt_deg);
        Self {
            center: [off[0], off[1], view.distance_mm],
            right: lie([1.0, 0.0, 0.0]),
            down: lie([0.0, 1.0, 0.0]),
            normal: lie([0.0, 0.0, 1.0]),
            focal_px,
            middle,
        }
    }

    /// Where the line of sight through a point of the picture meets the sheet, in mm from its center.
    fn meets(&self, x: f64, y: f64) -> [f64; 2] {
        let ray = [(x - self.middle[0]) / self.focal_px, (y - self.middle[1]) / self.focal_px, 1.0];
        let reach = dot(self.normal, self.center) / dot(self.normal, ray);
        let from_center = std::array::from_fn(|i| reach * ray[i] - self.center[i]);
        [dot(from_center, self.right), dot(from_center, self.down)]
    }

    /// Area that a square millimetre at the sheet's center takes in the picture, pixels².
    fn area_scale(&self) -> f64 {
        // An area seen from a distance shrinks by the cosine and by the square of the depth; in a
        // flat picture what is off the axis is stretched.
        self.focal_px.powi(2) * dot(self.normal, self.center).abs() / self.center[2].powi(3)
    }
}

/// Patches by square millimetre, so that few are looked through.
struct Index<'a> {
    sheet: &'a Sheet,
    columns: usize,
    cells: Vec<Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(sheet: &'a Sheet) -> Self {
        let [columns, rows] = sheet.size_mm.map(|mm| mm.ceil().max(1.0) as usize);
        let mut cells = vec![Vec::new(); columns * rows];
        for (i, Patch { mm: [x, y, w, h], .. }) in sheet.patches.iter().enumerate() {
            let range = |start: f64, length: f64, n: usize| {
                (start.floor().max(0.0) as usize)..((start + length).ceil().max(0.0) as usize).min(n)
            };
            for row in range(*y, *h, rows) {
                for column in range(*x, *w, columns) {
                    cells[row * columns + column].push(i);
                }
            }
        }
        Self { sheet, columns, cells }
    }

    fn at(&self, [x, y]: [f64; 2]) -> Option<[f64; 3]> {
        let [width, height] = self.sheet.size_mm;
        if !((0.0..width).contains(&x) && (0.0..height).contains(&y)) {
            return None;
        }
        let cell = &self.cells[y as usize * self.columns + x as usize];
        let covers = |p: &Patch| {
            let [left, top, w, h] = p.mm;
            (left..left + w).contains(&x) && (top..top + h).contains(&y)
        };
        cell.iter().rev().map(|&i| &self.sheet.patches[i]).find(|p| covers(p)).map(|p| p.linear)
    }
}

/// A photograph of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetPhoto {
    /// The photograph.
    pub rgb: Rgb8,
    /// True pixels per mm at the sheet's center: the root of the area of a square millimetre there.
    pub px_per_mm: f64,
}

/// Photographs a sheet that lies on what `background` shows, lit by the same light.
///
/// # Errors
/// A parameter out of range.
pub fn photograph_sheet(
    sheet: &Sheet,
    view: &SheetView,
    background: &Rgb8,
) -> Result<SheetPhoto, PhantomError> {
    require("px_per_mm", view.px_per_mm, 0.1..=500.0, "0.1 to 500")?;
    require("distance_mm", view.distance_mm, 50.0..=5000.0, "50 to 5000")?;
    require("tilt_deg", view.tilt_deg, -60.0..=60.0, "-60 to 60")?;
    require("blur_px", view.blur_px, 0.0..=20.0, "0 to 20")?;
    view.noise.check()?;
    let size = background.size();
    let plane = Plane::new(view, size);
    let index = Index::new(sheet);
    let decode = linear_of_code();
    let half = sheet.size_mm.map(|mm| 0.5 * mm);
    let pixel = |x: u32, y: u32| {
        let behind = background.at(x, y).map(|code| f64::from(decode[code as usize]));
        let mut sum = [0.0; 3];
        for k in 0..OVERSAMPLE * OVERSAMPLE {
            let part = |i: u32| (f64::from(i) + 0.5) / f64::from(OVERSAMPLE);
            let [u, v] =
                plane.meets(f64::from(x) + part(k % OVERSAMPLE), f64::from(y) + part(k / OVERSAMPLE));
            let seen = index.at([u + half[0], v + half[1]]).unwrap_or(behind);
            for (sum, seen) in sum.iter_mut().zip(seen) {
                *sum += seen / f64::from(OVERSAMPLE * OVERSAMPLE);
            }
        }
        let slope = [f64::from(x) / f64::from(size.width), f64::from(y) / f64::from(size.height)];
        let light = 1.0 + (0..2).map(|i| view.light_slope[i] * (2.0 * slope[i] - 1.0)).sum::<f64>();
        sum.map(|v| (v * light) as f32)
    };
    let pixels: Vec<[f32; 3]> = (0..size.area())
        .into_par_iter()
        .map(|i| pixel((i % size.width as usize) as u32, (i / size.width as usize) as u32))
        .collect();
    let planes: [Raster; 3] = std::array::from_fn(|c| {
        let mut plane = Raster::from_vec(size, pixels.iter().map(|p| p[c]).collect());
        gaussian_blur(&mut plane, view.blur_px);
        plane
    });
    let linear = [planes[0].data(), planes[1].data(), planes[2].data()];
    let mut rgb = expose(size, linear, view.channel_gains, &view.noise, view.noise_seed);
    if let Some(quality) = view.jpeg_quality {
        rgb = rgb.through_jpeg(quality)?;
    }
    Ok(SheetPhoto { rgb, px_per_mm: plane.area_scale().sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn white(mm: [f64; 4]) -> Patch {
        Patch { mm, linear: [1.0; 3] }
    }

    fn lit(photo: &SheetPhoto) -> f64 {
        photo.rgb.bytes().iter().step_by(3).map(|&v| f64::from(v) / 255.0).sum()
    }

    #[test]
    fn a_sheet_takes_the_area_and_the_place_it_should() {
        let sheet = Sheet { size_mm: [20.0, 10.0], patches: vec![white([0.0, 0.0, 20.0, 10.0])] };
        let black = Rgb8::new(Size::new(400, 300), vec![0; 3 * 400 * 300]).unwrap();
        let view = SheetView::facing([180.0, 120.0], 10.0);
        let photo = photograph_sheet(&sheet, &view, &black).unwrap();
        assert_eq!(photo.px_per_mm, 10.0);
        assert_eq!((photo.rgb.at(80, 70), photo.rgb.at(79, 70)), ([255; 3], [0; 3]));
        assert_eq!(lit(&photo), 20_000.0);
        // Tilted about the x axis, the height appears shorter by the cosine.
        let tilted = SheetView { tilt_deg: 40.0, distance_mm: 5000.0, ..view };
        let photo = photograph_sheet(&sheet, &tilted, &black).unwrap();
        let expected = 20_000.0 * 40f64.to_radians().cos();
        assert!((lit(&photo) / expected - 1.0).abs() < 0.02, "{}", lit(&photo));
        assert!((photo.px_per_mm - 10.0 * 40f64.to_radians().cos().sqrt()).abs() < 0.05);
    }

    #[test]
    fn a_quarter_turn_clockwise_takes_the_left_to_the_top() {
        let sheet = Sheet { size_mm: [20.0, 10.0], patches: vec![white([0.0, 0.0, 5.0, 10.0])] };
        let black = Rgb8::new(Size::new(400, 400), vec![0; 3 * 400 * 400]).unwrap();
        let view = SheetView { turn_deg: 90.0, ..SheetView::facing([200.0, 200.0], 10.0) };
        let photo = photograph_sheet(&sheet, &view, &black).unwrap();
        assert_eq!((photo.rgb.at(200, 110), photo.rgb.at(200, 290)), ([255; 3], [0; 3]));
    }
}
