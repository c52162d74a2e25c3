//! Buckets over the scene: which objects can touch this point?

/// A box in scene coordinates, millimeters.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoxMm {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl BoxMm {
    /// The square around a center.
    pub(super) fn around(center: [f64; 2], reach: f64) -> Self {
        Self { min: center.map(|c| c - reach), max: center.map(|c| c + reach) }
    }
}

/// Object numbers by square cell. Objects outside every cell are found nowhere.
#[derive(Debug)]
pub(super) struct Buckets {
    origin: [f64; 2],
    cell_mm: f64,
    columns: i64,
    rows: i64,
    cells: Vec<Vec<u32>>,
}

impl Buckets {
    /// Sorts objects with these bounding boxes into cells of `cell_mm`.
    pub(super) fn new(cell_mm: f64, boxes: impl Iterator<Item = BoxMm>) -> Self {
        let boxes: Vec<BoxMm> = boxes.collect();
        let low = |k: usize| boxes.iter().map(|b| b.min[k]).fold(f64::INFINITY, f64::min);
        let high = |k: usize| boxes.iter().map(|b| b.max[k]).fold(f64::NEG_INFINITY, f64::max);
        if boxes.is_empty() {
            return Self { origin: [0.0; 2], cell_mm, columns: 0, rows: 0, cells: Vec::new() };
        }
        let origin = [low(0), low(1)];
        let cells_along = |k: usize| ((high(k) - origin[k]) / cell_mm) as i64 + 1;
        let (columns, rows) = (cells_along(0), cells_along(1));
        let mut cells = vec![Vec::new(); (columns * rows) as usize];
        for (number, b) in boxes.iter().enumerate() {
            let cell = |v: f64, k: usize| ((v - origin[k]) / cell_mm) as i64;
            for row in cell(b.min[1], 1)..=cell(b.max[1], 1) {
                for column in cell(b.min[0], 0)..=cell(b.max[0], 0) {
                    cells[(row * columns + column) as usize].push(number as u32);
                }
            }
        }
        Self { origin, cell_mm, columns, rows, cells }
    }

    /// Numbers of the objects whose box may hold the point, ascending.
    pub(super) fn near(&self, x_mm: f64, y_mm: f64) -> &[u32] {
        let column = ((x_mm - self.origin[0]) / self.cell_mm).floor() as i64;
        let row = ((y_mm - self.origin[1]) / self.cell_mm).floor() as i64;
        if (0..self.columns).contains(&column) && (0..self.rows).contains(&row) {
            &self.cells[(row * self.columns + column) as usize]
        } else {
            &[]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_found_wherever_its_box_reaches() {
        let boxes: Vec<BoxMm> = (0..40)
            .map(|k| {
                BoxMm::around([f64::from(k * 7 % 23) - 3.0, f64::from(k * 5 % 17)], 0.3 + f64::from(k % 4))
            })
            .collect();
        let buckets = Buckets::new(2.0, boxes.iter().copied());
        for step in 0..4000 {
            let (x, y) = (f64::from(step % 80) * 0.45 - 8.0, f64::from(step / 80) * 0.6 - 8.0);
            let near = buckets.near(x, y);
            for (number, b) in boxes.iter().enumerate() {
                let inside = x >= b.min[0] && x <= b.max[0] && y >= b.min[1] && y <= b.max[1];
                assert!(!inside || near.contains(&(number as u32)), "object {number} missed at {x}, {y}");
            }
        }
        assert!(buckets.near(-100.0, 0.0).is_empty());
    }

    #[test]
    fn no_objects_are_found_nowhere() {
        assert!(Buckets::new(1.0, std::iter::empty()).near(0.0, 0.0).is_empty());
    }
}
