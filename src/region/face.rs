//! A face seen from the front, and the places on it.
//!
//! Places on a face are in distances of the pupils from the point between them: u to the right
//! of the picture, v down.

use crate::raster::Raster;

/// A fringe hides what is higher.
pub(super) const FRINGE: f64 = -0.15;

/// Where a face is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    /// Between the pupils.
    pub center: [f64; 2],
    /// Distance of the pupils, in pixels.
    pub between: f64,
    /// Of the line through the pupils, in radians.
    pub angle: f64,
    /// Whether hair hides the forehead and the brows.
    pub fringe: bool,
}

impl Face {
    /// The pixel at a place on the face.
    pub fn at(&self, u: f64, v: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let [x, y] = self.center;
        (x + self.between * (u * cos - v * sin), y + self.between * (u * sin + v * cos))
    }

    /// The place on the face of the center of a pixel.
    pub fn place(&self, x: u32, y: u32) -> (f64, f64) {
        self.place_of(f64::from(x) + 0.5, f64::from(y) + 0.5)
    }

    /// The place on the face of a point.
    pub fn place_of(&self, x: f64, y: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.sin_cos();
        let dx = (x - self.center[0]) / self.between;
        let dy = (y - self.center[1]) / self.between;
        (dx * cos + dy * sin, dy * cos - dx * sin)
    }

    /// A plane at a place, or at the edge nearest to it.
    pub fn value(&self, plane: &Raster, u: f64, v: f64) -> f32 {
        let (x, y) = self.at(u, v);
        let pixel = |p: f64, n: u32| p.clamp(0.0, f64::from(n - 1)) as u32;
        plane.at(pixel(x, plane.size().width), pixel(y, plane.size().height))
    }
}

/// An ellipse on a face.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ellipse {
    pub center: (f64, f64),
    pub axes: (f64, f64),
}

impl Ellipse {
    pub fn holds(&self, (u, v): (f64, f64)) -> bool {
        let (du, dv) = ((u - self.center.0) / self.axes.0, (v - self.center.1) / self.axes.1);
        du * du + dv * dv < 1.0
    }
}
