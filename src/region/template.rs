//! What is dark on every face and what is not, as a template, and how well a photograph fits it.
//!
//! Places are those of [`super::face`]: means over 37 faces with landmarks (27 of the London set,
//! 10 of the Canadian one).

use super::face::FRINGE;

/// Dark places and how dark: eyes, brows, nostrils, line of the mouth. Mirrored where u > 0.
const DARK: [(f64, f64, f32); 11] = [
    (0.50, 0.01, 1.0),
    (0.60, 0.02, 1.0),
    (0.40, 0.02, 1.0),
    (0.30, -0.25, 0.6),
    (0.45, -0.29, 0.6),
    (0.60, -0.29, 0.6),
    (0.75, -0.24, 0.6),
    (0.12, 0.67, 0.7),
    (0.00, 1.07, 0.7),
    (0.15, 1.07, 0.7),
    (0.30, 1.08, 0.7),
];
/// Places of plain skin, mirrored.
const PLAIN: [(f64, f64); 15] = [
    (0.70, 0.40),
    (0.55, 0.45),
    (0.55, 0.65),
    (0.75, 0.60),
    (0.05, 0.20),
    (0.05, 0.35),
    (0.05, 0.00),
    (0.12, -0.60),
    (0.30, -0.65),
    (0.50, -0.60),
    (0.10, 1.45),
    (0.25, 1.45),
    (0.50, 0.28),
    (0.35, 0.30),
    (0.65, 0.25),
];
/// Places beside and above a face, mirrored: not skin.
pub(super) const BESIDE: [(f64, f64); 6] =
    [(1.5, -0.3), (1.5, 0.1), (1.5, 0.5), (1.4, 0.9), (0.0, -1.6), (0.5, -1.5)];

/// A place of the template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub u: f64,
    pub v: f64,
    pub dark: f32,
}

pub(super) fn mirrored(u: f64, v: f64, dark: f32) -> impl Iterator<Item = Spot> {
    let twin = (u > 0.0).then_some(Spot { u: -u, v, dark });
    std::iter::once(Spot { u, v, dark }).chain(twin)
}

/// What a fringe leaves, first.
pub(super) fn template() -> Vec<Spot> {
    let dark = DARK.iter().flat_map(|&(u, v, dark)| mirrored(u, v, dark));
    let mut spots: Vec<Spot> = dark.chain(PLAIN.iter().flat_map(|&(u, v)| mirrored(u, v, 0.0))).collect();
    spots.sort_by_key(|spot| spot.v < FRINGE);
    spots
}

/// Mean and norm of the darkness of a template.
pub(super) struct Darkness {
    count: f32,
    mean: f32,
    norm: f32,
}

impl Darkness {
    pub fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let count = values.clone().count() as f32;
        let mean = values.clone().sum::<f32>() / count;
        Self { count, mean, norm: values.map(|v| (v - mean) * (v - mean)).sum::<f32>().sqrt() }
    }
}

/// Running sums of a row of places.
pub(super) struct Sums {
    first: Vec<f32>,
    second: Vec<f32>,
    product: Vec<f32>,
    pub warm: Vec<f32>,
}

impl Sums {
    pub fn new(len: usize) -> Self {
        let zeros = || vec![0f32; len];
        Self { first: zeros(), second: zeros(), product: zeros(), warm: zeros() }
    }

    pub fn take(&mut self, values: &[f32], dark: f32) {
        let sums = self.first.iter_mut().zip(&mut self.second).zip(&mut self.product);
        for (((first, second), product), &value) in sums.zip(values) {
            *first += value;
            *second += value * value;
            *product += dark * value;
        }
    }

    /// Correlation of density and darkness, and the SD of density.
    pub fn correlation(&self, x: usize, darkness: &Darkness) -> (f32, f32) {
        let square = (self.second[x] - self.first[x] * self.first[x] / darkness.count).max(1e-6);
        let product = self.product[x] - darkness.mean * self.first[x];
        (product / (darkness.norm * square.sqrt()), (square / darkness.count).sqrt())
    }
}
