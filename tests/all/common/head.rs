//! Windows of a scanned head, lit by a lamp that can be moved: skin with a body's own shape, and phantom skin on it.
//!
//! Shading is Lambert's, of a normal that adds up the mesh, the scan's relief and the phantom's relief, so that a lamp
//! meets all of them alike. No shadow is thrown and nothing is mirrored. It shares no formula with the phantom's light.

mod raster;
mod scan;

use std::path::Path;

use dermetric::geometry::Size;
use dermetric::phantom::{Fields, Light, Lighting, Rgb8, Scene, plant};
use rayon::prelude::*;

use super::code;
use raster::{Point, Vector, View, dot, mix, seen, unit};
use scan::Scan;

/// Millimeters of a unit of the file: the eyes are 1.26 units apart, of a man 63 mm (Dodgson 2004, doi:10.1117/12.529999).
const MM_PER_UNIT: f64 = 50.0;
/// Green linear light that a window has on average: skin, exposed as a photographer does.
const EXPOSED: f64 = 0.28;
/// The same of a body without pigment, which a scene's pigment darkens to that.
const EXPOSED_BARE: f64 = 0.6;
/// Light that comes back from skin without pigment, by channel.
const BARE: Vector = [0.84, 0.74, 0.52];
/// Radii of a limb or a cheek: across and along, mm.
const BODY_MM: [f64; 2] = [60.0, 120.0];
/// Share of light that spreads within skin, and how far, by channel. Chosen in the range of skin's mean free paths.
const SPREAD: [(f64, f64); 3] = [(0.5, 0.30), (0.4, 0.16), (0.3, 0.10)];

/// Regions of the face whose 40 mm are nothing but skin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Forehead,
    RightCheek,
    LeftCheek,
}

impl Place {
    pub const ALL: [Self; 3] = [Self::Forehead, Self::RightCheek, Self::LeftCheek];

    /// The camera faces the skin in the middle of it.
    fn view(self, size_px: [u32; 2], px_per_mm: f64) -> View {
        let (middle_mm, yaw_deg, pitch_deg) = match self {
            Self::Forehead => ([-5.0, 132.0, 104.5], 0.0, 12.0),
            Self::RightCheek => ([-48.0, 50.0, 94.0], -40.0, 7.0),
            Self::LeftCheek => ([46.0, 52.0, 82.0], 50.0, 3.0),
        };
        View { middle_mm, yaw_deg, pitch_deg, size_px, px_per_mm }
    }
}

/// One lamp far away, and light from everywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lamp {
    /// Above the picture's plane, degrees (5–90).
    pub elevation_deg: f64,
    /// In the picture, degrees: 0 right, 90 top, 180 left.
    pub azimuth_deg: f64,
    /// Half the lamp's apparent width, degrees: 0 is a point.
    pub softness_deg: f64,
    /// Share of light that comes from everywhere, 0–1.
    pub ambient: f64,
}

impl Lamp {
    /// From the upper left, 45° up.
    pub const USUAL: Self =
        Self { elevation_deg: 45.0, azimuth_deg: 120.0, softness_deg: 5.0, ambient: 0.25 };

    /// Unit vectors to points of the lamp: its middle and eight around.
    fn directions(&self) -> Vec<Vector> {
        let (sin, cos) = self.elevation_deg.to_radians().sin_cos();
        let (across, along) = self.azimuth_deg.to_radians().sin_cos();
        let middle = [cos * along, -cos * across, sin];
        let sideways = [across, along, 0.0];
        let upwards = [-sin * along, sin * across, cos];
        let reach = self.softness_deg.to_radians().tan();
        let around = (0..8).map(|k| {
            let (y, x) = (f64::from(k) * std::f64::consts::FRAC_PI_4).sin_cos();
            unit(mix([middle, sideways, upwards], [1.0, reach * x, reach * y]))
        });
        if self.softness_deg > 0.0 { std::iter::once(middle).chain(around).collect() } else { vec![middle] }
    }
}

/// The scan, read once.
pub struct Head(Scan);

impl Head {
    pub fn read(data: &Path) -> Self {
        Self(Scan::read(data))
    }

    /// A window this wide and high at a place of the face.
    ///
    /// # Panics
    /// Where it reaches beyond the head.
    pub fn window(&self, place: Place, size_mm: [f64; 2], px_per_mm: f64) -> Window {
        let [width, height] = size_mm.map(|side| (side * px_per_mm).round() as u32);
        let points = seen(&self.0, MM_PER_UNIT, &place.view([width, height], px_per_mm));
        let points = points.into_iter().map(|point| point.expect("nothing but skin")).collect();
        Window { size: Size::new(width, height), px_per_mm, points, exposed: EXPOSED }
    }
}

/// A piece of the head in front of the camera, not yet lit.
pub struct Window {
    pub size: Size,
    pub px_per_mm: f64,
    points: Vec<Point>,
    /// Mean green linear light of it without a scene.
    exposed: f64,
}

impl Window {
    /// A smooth body, round both ways, whose middle faces the camera. Its skin is the scene's alone.
    pub fn body(size: Size, px_per_mm: f64) -> Self {
        let point = |k: usize| {
            let (x, y) = (k % size.width as usize, k / size.width as usize);
            let mm = |place: usize, side: u32| (place as f64 + 0.5 - f64::from(side) / 2.0) / px_per_mm;
            let (x, y) = (mm(x, size.width), mm(y, size.height));
            let depth_mm = -0.5 * (x * x / BODY_MM[0] + y * y / BODY_MM[1]);
            let normal = unit([x / BODY_MM[0], y / BODY_MM[1], 1.0]);
            Point { depth_mm, normal, tilt: [0.0; 3], albedo: BARE }
        };
        Self { size, px_per_mm, points: (0..size.area()).map(point).collect(), exposed: EXPOSED_BARE }
    }

    /// The window under a lamp, with a scene's relief and pigment laid over it.
    ///
    /// `own_relief` is a factor on the scan's own relief: 1 leaves it, 0 takes it away. The scene adds to the skin: one
    /// with 0 melanin, hemoglobin, mottle and micro-relief and without lesions changes nothing. Melanin and hemoglobin of
    /// the whole scene darken the picture: nobody exposes for them.
    pub fn photograph(&self, scene: &Scene, lamp: &Lamp, own_relief: f64) -> Rgb8 {
        let slopes = self.slopes(scene);
        let directions = lamp.directions();
        let facing_camera = lamp.elevation_deg.to_radians().sin();
        let light = |k: usize, relief: f64, slope: Vector| {
            let point = &self.points[k];
            // The gradient along the surface of a height that is given over the picture.
            let along = mix([slope, point.normal], [1.0, -dot(slope, point.normal)]);
            let normal = unit(mix([point.normal, point.tilt, along], [1.0, relief, -1.0]));
            let lit: f64 = directions.iter().map(|l| dot(normal, *l).max(0.0)).sum();
            let directed = lit / directions.len() as f64 / facing_camera;
            (1.0 - lamp.ambient) * directed + lamp.ambient * (0.5 + 0.5 * normal[2])
        };
        // Exposed for the skin without the scene: a treatment does not change the exposure.
        let bare: f64 =
            (0..self.points.len()).map(|k| self.points[k].albedo[1] * light(k, 0.0, [0.0; 3])).sum();
        let gain = self.exposed * self.points.len() as f64 / bare;
        let lit: Vec<f64> =
            (0..self.points.len()).into_par_iter().map(|k| gain * light(k, own_relief, slopes[k])).collect();
        let spread = SPREAD.map(|(share, mm)| {
            let blurred = blurred(&lit, self.size, mm * self.px_per_mm);
            lit.iter().zip(blurred).map(|(lit, blurred)| lit + share * (blurred - lit)).collect::<Vec<_>>()
        });
        let bytes = (0..3 * self.points.len()).map(|i| {
            let (k, channel) = (i / 3, i % 3);
            code(spread[channel][k] * self.points[k].albedo[channel])
        });
        let skin = Rgb8::new(self.size, bytes.collect()).unwrap();
        pigmented(&skin, self.px_per_mm, scene)
    }

    /// Slopes of the scene's relief along the picture's axes, mm per mm.
    fn slopes(&self, scene: &Scene) -> Vec<Vector> {
        let fields = Fields::new(scene);
        let pitch_mm = 1.0 / self.px_per_mm;
        let [width, height] = [self.size.width as usize, self.size.height as usize];
        let rim = width + 2;
        // One more pixel on each side.
        let heights_um: Vec<f64> = (0..rim * (height + 2))
            .into_par_iter()
            .map(|k| {
                let [x, y] = [k % rim, k / rim].map(|place| (place as f64 - 0.5) * pitch_mm);
                f64::from(fields.at(x, y, pitch_mm).height_um)
            })
            .collect();
        let per_um = 0.5e-3 * self.px_per_mm;
        let slope = |k: usize| {
            let middle = (k / width + 1) * rim + k % width + 1;
            let across = heights_um[middle + 1] - heights_um[middle - 1];
            let down = heights_um[middle + rim] - heights_um[middle - rim];
            [per_um * across, per_um * down, 0.0]
        };
        (0..width * height).map(slope).collect()
    }
}

/// A scene's melanin and hemoglobin on a picture, none of its relief.
fn pigmented(skin: &Rgb8, px_per_mm: f64, scene: &Scene) -> Rgb8 {
    let flat = Scene {
        relief: 0.0,
        scars: Vec::new(),
        wrinkles: Vec::new(),
        pores: Vec::new(),
        hairs: Vec::new(),
        ..scene.clone()
    };
    plant(skin, px_per_mm, &flat, &Lighting::bare(Light::Frontal, 0.0)).unwrap()
}

/// A Gaussian along rows and columns, edges repeated.
fn blurred(plane: &[f64], size: Size, sigma_px: f64) -> Vec<f64> {
    let reach = (4.0 * sigma_px).ceil() as i64;
    let weights: Vec<f64> = (-reach..=reach).map(|k| (-0.5 * (k as f64 / sigma_px).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let [width, height] = [i64::from(size.width), i64::from(size.height)];
    let along = |plane: &[f64], [dx, dy]: [i64; 2]| -> Vec<f64> {
        let at = |x: i64, y: i64| plane[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize];
        let value = |k: i64| {
            let taps = (-reach..=reach).zip(&weights);
            taps.map(|(t, weight)| weight * at(k % width + t * dx, k / width + t * dy)).sum::<f64>() / sum
        };
        (0..width * height).into_par_iter().map(value).collect()
    };
    along(&along(plane, [1, 0]), [0, 1])
}
