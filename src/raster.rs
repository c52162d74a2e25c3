//! Planes in host memory: what is small, or what is not the engine's business (registration,
//! pictures, the phantom).

use crate::geometry::Size;
use crate::large::with_room;

/// A row-major plane in host memory.
#[derive(Debug, PartialEq)]
pub struct Raster<T = f32> {
    size: Size,
    data: Vec<T>,
}

impl<T: Copy> Clone for Raster<T> {
    fn clone(&self) -> Self {
        self.map(|value| value)
    }
}

impl<T: Copy> Raster<T> {
    /// A plane filled with `value`.
    pub fn filled(size: Size, value: T) -> Self {
        let mut data = with_room(size.area());
        data.resize(size.area(), value);
        Self { size, data }
    }

    /// A plane around existing values.
    ///
    /// # Panics
    /// If `data` does not hold width × height values.
    pub fn from_vec(size: Size, data: Vec<T>) -> Self {
        assert_eq!(data.len(), size.area(), "a {size} plane holds width x height values");
        Self { size, data }
    }

    /// A plane computed from column and row.
    pub fn from_fn(size: Size, mut value: impl FnMut(u32, u32) -> T) -> Self {
        let mut data = with_room(size.area());
        for y in 0..size.height {
            for x in 0..size.width {
                data.push(value(x, y));
            }
        }
        Self { size, data }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The value at column `x`, row `y`.
    pub fn at(&self, x: u32, y: u32) -> T {
        self.data[y as usize * self.size.width as usize + x as usize]
    }

    /// Writes the value at column `x`, row `y`.
    pub fn set(&mut self, x: u32, y: u32, value: T) {
        self.data[y as usize * self.size.width as usize + x as usize] = value;
    }

    /// All values, row by row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All values, row by row.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Gives the values back.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// The values of row `y`.
    pub fn row(&self, y: u32) -> &[T] {
        let width = self.size.width as usize;
        &self.data[y as usize * width..][..width]
    }

    /// A plane of the same size with `f` applied to every value.
    pub fn map<U: Copy>(&self, f: impl FnMut(T) -> U) -> Raster<U> {
        let mut data = with_room(self.data.len());
        data.extend(self.data.iter().copied().map(f));
        Raster { size: self.size, data }
    }
}

impl Raster<f32> {
    /// Means of squares of `factor` pixels; the last column and row may stand for fewer.
    pub fn reduced(&self, factor: u32) -> Self {
        let small = Size::new(self.size.width.div_ceil(factor), self.size.height.div_ceil(factor));
        Self::from_fn(small, |x, y| {
            let columns = (x * factor) as usize..((x + 1) * factor).min(self.size.width) as usize;
            let rows = y * factor..((y + 1) * factor).min(self.size.height);
            let count = columns.len() * rows.len();
            let sum: f32 = rows.map(|v| self.row(v)[columns.clone()].iter().sum::<f32>()).sum();
            sum / count as f32
        })
    }

    /// Bilinear value at continuous coordinates (pixel centers at +0.5), edges repeated.
    pub fn sample(&self, x: f64, y: f64) -> f32 {
        let (w, h) = (self.size.width as i64, self.size.height as i64);
        let (fx, fy) = (x - 0.5, y - 0.5);
        let (x0, y0) = (fx.floor(), fy.floor());
        let (tx, ty) = ((fx - x0) as f32, (fy - y0) as f32);
        let pixel = |dx: i64, dy: i64| {
            let column = (x0 as i64 + dx).clamp(0, w - 1) as u32;
            let row = (y0 as i64 + dy).clamp(0, h - 1) as u32;
            self.at(column, row)
        };
        let top = pixel(0, 0) + tx * (pixel(1, 0) - pixel(0, 0));
        let bottom = pixel(0, 1) + tx * (pixel(1, 1) - pixel(0, 1));
        top + ty * (bottom - top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reducing_keeps_the_mean_and_takes_the_rest_of_an_edge() {
        let fine = Raster::from_fn(Size::new(5, 3), |x, y| (x + 10 * y) as f32);
        let small = fine.reduced(2);
        assert_eq!(small.size(), Size::new(3, 2));
        assert_eq!((small.at(0, 0), small.at(2, 1)), (5.5, 24.0));
    }

    #[test]
    fn sample_reads_a_ramp_exactly_between_centers() {
        let ramp = Raster::from_fn(Size::new(5, 4), |x, y| x as f32 + 10.0 * y as f32);
        assert_eq!(ramp.sample(2.0, 1.75), 1.5 + 12.5);
        assert_eq!(ramp.sample(-9.0, -9.0), 0.0);
        assert_eq!(ramp.sample(99.0, 99.0), 34.0);
    }

    #[test]
    #[should_panic(expected = "3x2 plane")]
    fn wrong_length_is_refused() {
        Raster::from_vec(Size::new(3, 2), vec![0.0f32; 5]);
    }
}
