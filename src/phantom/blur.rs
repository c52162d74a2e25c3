//! A true Gaussian, for light that spreads in skin and for a lens out of focus.

use crate::raster::Raster;
use rayon::prelude::*;

/// Convolves with a Gaussian of `sigma_px`, edges repeated, cut at 4 σ and summing to 1.
pub(super) fn gaussian_blur(plane: &mut Raster<f32>, sigma_px: f64) {
    // Narrower than this, a pixel is its own neighborhood.
    if sigma_px < 0.05 {
        return;
    }
    let kernel = kernel(sigma_px);
    let radius = kernel.len() / 2;
    let (width, height) = (plane.size().width as usize, plane.size().height as usize);
    plane.data_mut().par_chunks_mut(width).for_each_init(Vec::new, |padded: &mut Vec<f32>, row| {
        padded.clear();
        padded.resize(radius, row[0]);
        padded.extend_from_slice(row);
        padded.resize(width + 2 * radius, row[width - 1]);
        for (x, out) in row.iter_mut().enumerate() {
            *out = padded[x..x + kernel.len()].iter().zip(&kernel).map(|(v, k)| v * k).sum();
        }
    });
    let source = plane.data().to_vec();
    plane.data_mut().par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        row.fill(0.0);
        for (k, &weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(radius).min(height - 1);
            for (out, v) in row.iter_mut().zip(&source[from * width..][..width]) {
                *out += weight * v;
            }
        }
    });
}

fn kernel(sigma_px: f64) -> Vec<f32> {
    let radius = (4.0 * sigma_px).ceil() as i64;
    let weight = |k: i64| (-0.5 * (k as f64 / sigma_px).powi(2)).exp();
    let sum: f64 = (-radius..=radius).map(weight).sum();
    (-radius..=radius).map(|k| (weight(k) / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn an_edge_becomes_the_normal_distribution() {
        // Φ at −2σ … 2σ from a table.
        let mut edge = Raster::from_fn(Size::new(201, 5), |x, _| if x >= 100 { 1.0 } else { 0.0 });
        gaussian_blur(&mut edge, 10.0);
        // The edge lies at x = 99.5 in column numbers.
        for (z, phi) in [(-2.0, 0.022_75), (-1.0, 0.158_66), (0.0, 0.5), (1.0, 0.841_34), (2.0, 0.977_25)] {
            let x = 99.5 + 10.0 * z;
            let value = 0.5 * (edge.at(x as u32, 2) + edge.at(x as u32 + 1, 2));
            assert!((f64::from(value) - phi).abs() < 6e-4, "{value} against {phi} at {z} σ");
        }
    }

    #[test]
    fn both_directions_are_blurred_alike_and_nothing_is_lost() {
        let mut dot = Raster::filled(Size::new(61, 61), 0.0);
        dot.set(30, 30, 1.0);
        gaussian_blur(&mut dot, 4.0);
        let total: f64 = dot.data().iter().map(|&v| f64::from(v)).sum();
        assert!((total - 1.0).abs() < 1e-5);
        let second_moment = |along: fn(u32, u32) -> f64| -> f64 {
            (0..61)
                .flat_map(|y| (0..61).map(move |x| (x, y)))
                .map(|(x, y)| f64::from(dot.at(x, y)) * along(x, y))
                .sum()
        };
        for moment in [
            second_moment(|x, _| (f64::from(x) - 30.0).powi(2)),
            second_moment(|_, y| (f64::from(y) - 30.0).powi(2)),
        ] {
            assert!((moment.sqrt() - 4.0).abs() < 0.02, "{}", moment.sqrt());
        }
    }
}
