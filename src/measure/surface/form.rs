//! The form of a surface: polynomials fitted to heights by least squares (the F-operator of ISO 25178-2,
//! which takes the shape of the body away before its texture is looked at).

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::raster::Raster;

/// Terms of a polynomial of second order in two variables, of a plane, of a level.
const SECOND_ORDER: usize = 6;
const PLANE: usize = 3;

/// A polynomial over a plane of pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    coefficients: Vec<f64>,
    /// Center and half side of what it was fitted to, in pixels: powers of large numbers lose digits.
    center: [f64; 2],
    reach: f64,
}

impl Form {
    /// The polynomial of second order nearest to the heights where `inside` holds. `None` where there are too
    /// few pixels to tell, or all on a line.
    pub fn second_order(heights: &Raster, inside: impl Fn(usize) -> bool + Sync) -> Option<Self> {
        Self::fitted(heights, inside, SECOND_ORDER)
    }

    /// The plane nearest to them.
    pub fn plane(heights: &Raster, inside: impl Fn(usize) -> bool + Sync) -> Option<Self> {
        Self::fitted(heights, inside, PLANE)
    }

    fn fitted(heights: &Raster, inside: impl Fn(usize) -> bool + Sync, terms: usize) -> Option<Self> {
        let size = heights.size();
        let center = [size.width, size.height].map(|side| f64::from(side) / 2.0);
        let mut form = Self { coefficients: vec![0.0; terms], center, reach: center[0].max(center[1]) };
        // Sums of products, a row at a time, added in the order of rows: the same bytes every time.
        let of_row = |y: u32| {
            let mut sums = vec![0.0; terms * (terms + 1)];
            for (x, &height) in heights.row(y).iter().enumerate() {
                if !inside(y as usize * size.width as usize + x) {
                    continue;
                }
                let powers = form.powers(x as f64, f64::from(y));
                for (i, a) in powers[..terms].iter().enumerate() {
                    let row = &mut sums[i * (terms + 1)..][..terms + 1];
                    for (sum, b) in row.iter_mut().zip(&powers[..terms]) {
                        *sum += a * b;
                    }
                    row[terms] += a * f64::from(height);
                }
            }
            sums
        };
        let rows: Vec<Vec<f64>> = (0..size.height).into_par_iter().map(of_row).collect();
        let mut total = vec![0.0; terms * (terms + 1)];
        for row in rows {
            total.iter_mut().zip(row).for_each(|(total, v)| *total += v);
        }
        let products = DMatrix::from_fn(terms, terms, |i, j| total[i * (terms + 1) + j]);
        let right = DVector::from_fn(terms, |i, _| total[i * (terms + 1) + terms]);
        form.coefficients = products.cholesky()?.solve(&right).iter().copied().collect();
        form.coefficients.iter().all(|c| c.is_finite()).then_some(form)
    }

    fn powers(&self, x: f64, y: f64) -> [f64; SECOND_ORDER] {
        let (x, y) = ((x - self.center[0]) / self.reach, (y - self.center[1]) / self.reach);
        [1.0, x, y, x * x, x * y, y * y]
    }

    /// Its height at the pixel in column `x` and row `y`.
    pub fn at(&self, x: u32, y: u32) -> f64 {
        let powers = self.powers(f64::from(x), f64::from(y));
        self.coefficients.iter().zip(powers).map(|(c, p)| c * p).sum()
    }

    /// Heights above it; 0 where `inside` does not hold.
    pub fn taken_from(&self, heights: &Raster, inside: impl Fn(usize) -> bool) -> Raster {
        let width = heights.size().width;
        Raster::from_fn(heights.size(), |x, y| {
            let above = f64::from(heights.at(x, y)) - self.at(x, y);
            if inside((y * width + x) as usize) { above as f32 } else { 0.0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn a_curved_form_goes_and_what_stands_on_it_stays() {
        let size = Size::new(90, 70);
        let grain = |x: u32, y: u32| if (x / 5 + y / 5).is_multiple_of(2) { 1.0 } else { -1.0 };
        let heights = Raster::from_fn(size, |x, y| {
            let (u, v) = (f64::from(x) - 40.0, f64::from(y) - 30.0);
            (5000.0 + 3.0 * u - 2.0 * v + 0.05 * u * u - 0.03 * u * v - 0.08 * v * v + grain(x, y)) as f32
        });
        let left = |i: usize| i % 90 < 60;
        let above = Form::second_order(&heights, left).unwrap().taken_from(&heights, left);
        for y in 0..size.height {
            for x in 0..60 {
                assert!((f64::from(above.at(x, y)) - grain(x, y)).abs() < 0.2, "{x}, {y}");
            }
        }
        assert_eq!(above.at(75, 30), 0.0);
    }

    #[test]
    fn too_few_pixels_have_no_form() {
        let heights = Raster::from_fn(Size::new(30, 30), |x, _| x as f32);
        assert_eq!(Form::second_order(&heights, |i| i < 4), None);
        assert_eq!(Form::plane(&heights, |i| i < 30), None);
        assert!(Form::plane(&heights, |i| i < 60).is_some());
    }
}
