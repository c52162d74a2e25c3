//! A window of the head as a camera far away sees it: the nearest triangle of each pixel.

use image::RgbImage;

use super::scan::Scan;

pub type Vector = [f64; 3];

pub fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn unit(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    a.map(|v| v / length)
}

/// Sum of the vectors, each times its share.
pub fn mix<const N: usize>(vectors: [Vector; N], shares: [f64; N]) -> Vector {
    std::array::from_fn(|k| (0..N).map(|i| shares[i] * vectors[i][k]).sum())
}

/// A camera far away. It looks at a point of the head, turned to its left and upwards.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The middle of the picture, in mm of the head's frame: to its left, up and forward.
    pub middle_mm: Vector,
    /// Degrees that the camera stands to the head's left, and above it.
    pub yaw_deg: f64,
    pub pitch_deg: f64,
    /// Width and height of the picture, px.
    pub size_px: [u32; 2],
    pub px_per_mm: f64,
}

impl View {
    /// The picture's right, down and out of it, in the head's frame.
    fn axes(&self) -> [Vector; 3] {
        let (sin, cos) = self.yaw_deg.to_radians().sin_cos();
        let (rise, level) = self.pitch_deg.to_radians().sin_cos();
        let right = [cos, 0.0, -sin];
        let out = [level * sin, rise, level * cos];
        let down = [rise * sin, -level, rise * cos];
        [right, down, out]
    }
}

/// One pixel of a window. Vectors are in the picture's frame: right, down, out of it.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub depth_mm: f64,
    /// Unit normal of the mesh.
    pub normal: Vector,
    /// Added to the normal by the scan's own relief.
    pub tilt: Vector,
    /// Linear light that comes back, by channel, 0–1.
    pub albedo: Vector,
}

/// Every pixel of the view, row by row; `None` beside the head.
pub fn seen(scan: &Scan, mm_per_unit: f64, view: &View) -> Vec<Option<Point>> {
    let [width, height] = view.size_px;
    let axes = view.axes();
    let seen_from = |v: Vector| axes.map(|axis| dot(axis, v));
    let mut pixels: Vec<Option<Point>> = vec![None; width as usize * height as usize];
    for corners in &scan.triangles {
        let corners = corners.map(usize::from);
        let points = corners.map(|k| {
            let mm = scan.points[k].map(|v| f64::from(v) * mm_per_unit);
            let [x, y, depth] = seen_from(mix([mm, view.middle_mm], [1.0, -1.0]));
            let px = |mm: f64, side: u32| mm * view.px_per_mm + f64::from(side) / 2.0;
            [px(x, width), px(y, height), depth]
        });
        let Some(triangle) = Triangle::new(points) else { continue };
        let normals = corners.map(|k| seen_from(scan.normals[k].map(f64::from)));
        let places = corners.map(|k| scan.places[k].map(f64::from));
        let Some(along) = along_texture(points.map(|[x, y, z]| [x, y, z * view.px_per_mm]), places) else {
            continue;
        };
        for (x, y) in triangle.reach([width, height]) {
            let Some(shares) = triangle.shares(f64::from(x) + 0.5, f64::from(y) + 0.5) else { continue };
            let depth_mm = (0..3).map(|k| shares[k] * points[k][2]).sum();
            let pixel = &mut pixels[(y * width + x) as usize];
            if pixel.is_some_and(|nearer| nearer.depth_mm >= depth_mm) {
                continue;
            }
            let place = [0, 1].map(|i| (0..3).map(|k| shares[k] * places[k][i]).sum());
            let texel = between(&scan.relief, place).map(|v| v / 127.5 - 1.0);
            let slopes = [0, 1].map(|i| texel[i] / texel[2].max(0.2));
            let albedo = between(&scan.color, place).map(linear);
            let (normal, tilt) = (unit(mix(normals, shares)), mix(along, slopes));
            *pixel = Some(Point { depth_mm, normal, tilt, albedo });
        }
    }
    pixels
}

/// Unit vectors along which `u` and `v` of the texture grow; `None` where it is folded to nothing.
fn along_texture(points: [Vector; 3], places: [[f64; 2]; 3]) -> Option<[Vector; 2]> {
    let side = |k: usize| mix([points[k], points[0]], [1.0, -1.0]);
    let step = |k: usize, i: usize| places[k][i] - places[0][i];
    let area = step(1, 0) * step(2, 1) - step(2, 0) * step(1, 1);
    if area.abs() < 1e-12 {
        return None;
    }
    let u = mix([side(1), side(2)], [step(2, 1) / area, -step(1, 1) / area]);
    let v = mix([side(1), side(2)], [-step(2, 0) / area, step(1, 0) / area]);
    Some([unit(u), unit(v)])
}

/// A triangle in the picture that faces the camera.
struct Triangle {
    corners: [[f64; 2]; 3],
    area: f64,
}

impl Triangle {
    fn new(points: [Vector; 3]) -> Option<Self> {
        let corners = points.map(|[x, y, _]| [x, y]);
        let area = cross(corners[0], corners[1], corners[2]);
        // Rows count downwards: what faces the camera turns the other way around.
        (area < -1e-9).then_some(Self { corners, area })
    }

    /// Pixels within the bounds of the triangle and of the picture.
    fn reach(&self, [width, height]: [u32; 2]) -> impl Iterator<Item = (u32, u32)> + use<> {
        let span = |i: usize, side: u32| {
            let ends = self.corners.map(|corner| corner[i]);
            let low = ends.into_iter().fold(f64::INFINITY, f64::min).floor().clamp(0.0, f64::from(side));
            let high = ends.into_iter().fold(f64::NEG_INFINITY, f64::max).ceil().clamp(0.0, f64::from(side));
            low as u32..high as u32
        };
        let (columns, rows) = (span(0, width), span(1, height));
        rows.flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }

    /// Shares of the corners at a place inside.
    fn shares(&self, x: f64, y: f64) -> Option<[f64; 3]> {
        let [a, b, c] = self.corners;
        let shares = [cross([x, y], b, c), cross(a, [x, y], c), cross(a, b, [x, y])].map(|v| v / self.area);
        shares.iter().all(|&share| share >= 0.0).then_some(shares)
    }
}

fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Values of a picture between its pixels, 0–255 each, by the cubic B-spline: smooth, without a grid of kinks.
fn between(picture: &RgbImage, [u, v]: [f64; 2]) -> Vector {
    let (width, height) = picture.dimensions();
    let (x, y) = (u * f64::from(width) - 0.5, (1.0 - v) * f64::from(height) - 0.5);
    let (across, down) = (spline(x - x.floor()), spline(y - y.floor()));
    let place = |middle: f64, k: usize, side: u32| {
        (middle.floor() + k as f64 - 1.0).clamp(0.0, f64::from(side - 1)) as u32
    };
    let mut sum = [0.0; 3];
    for (k, weight) in (0..16).map(|i| ([i % 4, i / 4], across[i % 4] * down[i / 4])) {
        let texel = picture.get_pixel(place(x, k[0], width), place(y, k[1], height)).0;
        sum = mix([sum, texel.map(f64::from)], [1.0, weight]);
    }
    sum
}

/// Weights of the four pixels around a place that lies `t` behind the second.
fn spline(t: f64) -> [f64; 4] {
    let rest = 1.0 - t;
    let near = |d: f64| (4.0 - 6.0 * d * d + 3.0 * d * d * d) / 6.0;
    [rest.powi(3) / 6.0, near(t), near(rest), t.powi(3) / 6.0]
}

/// Linear light of a code that may lie between two (IEC 61966-2-1).
fn linear(code: f64) -> f64 {
    let v = code / 255.0;
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}
