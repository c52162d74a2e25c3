//! Planes that are kept but not worked on: masks and labels as runs of equal values, which take a hundredth of a plane.

use rayon::prelude::*;

use super::grid::{Element, Grid};
use super::{Backend, Engine, EngineError};
use crate::geometry::Size;

/// A plane at rest. On the CPU it is kept as runs of equal values; on a GPU it stays where it is, since runs would have to come back.
#[derive(Debug)]
pub struct Resting<T: Element>(Kept<T>);

#[derive(Debug)]
enum Kept<T: Element> {
    /// Of each row its runs: a value, and the column past its last pixel.
    Runs {
        size: Size,
        rows: Vec<Vec<(T, u32)>>,
    },
    Plane(Grid<T>),
}

impl<T: Element + PartialEq> Resting<T> {
    /// `grid`, at rest.
    pub fn of(engine: &Engine, grid: Grid<T>) -> Self {
        match engine.backend() {
            Backend::Cpu(_) => {
                let size = grid.size();
                let rows = grid.host().par_chunks((size.width as usize).max(1)).map(runs).collect();
                Self(Kept::Runs { size, rows })
            }
            Backend::Gpu(_) => Self(Kept::Plane(grid)),
        }
    }

    /// What `work` makes of the plane.
    ///
    /// # Errors
    /// What `work` and the engine report.
    pub fn wake<R>(
        &self,
        engine: &Engine,
        work: impl FnOnce(&Grid<T>) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        match &self.0 {
            Kept::Plane(grid) => work(grid),
            Kept::Runs { size, rows } => {
                let mut grid: Grid<T> = engine.grid(*size)?;
                let pixels = grid.host_mut().par_chunks_mut((size.width as usize).max(1));
                pixels.zip(rows).for_each(|(pixels, runs)| {
                    let mut begun = 0;
                    for &(value, end) in runs {
                        pixels[begun..end as usize].fill(value);
                        begun = end as usize;
                    }
                });
                work(&grid)
            }
        }
    }
}

fn runs<T: Copy + PartialEq>(row: &[T]) -> Vec<(T, u32)> {
    let mut end = 0;
    let mut runs: Vec<(T, u32)> = Vec::new();
    for run in row.chunk_by(|a, b| a == b) {
        end += run.len() as u32;
        runs.push((run[0], end));
    }
    runs.shrink_to_fit();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Raster;

    #[test]
    fn what_rests_wakes_as_it_was() {
        let engine = Engine::cpu().unwrap();
        for (width, height) in [(1, 1), (7, 3), (130, 40)] {
            let labels = Raster::from_fn(Size::new(width, height), |x, y| (x / 5 + y / 3) % 4 * (x % 11 / 3));
            let resting = Resting::of(&engine, engine.upload_raster(&labels).unwrap());
            let woken = resting.wake(&engine, |grid| engine.download_raster(grid)).unwrap();
            assert_eq!(woken, labels);
        }
    }

    #[test]
    fn a_mask_at_rest_takes_little() {
        let engine = Engine::cpu().unwrap();
        let mask = Raster::from_fn(Size::new(400, 300), |x, y| f32::from(x > 50 && y > 20 && x + y < 600));
        let resting = Resting::of(&engine, engine.upload_raster(&mask).unwrap());
        let Kept::Runs { rows, .. } = &resting.0 else { panic!("the CPU keeps runs") };
        let runs: usize = rows.iter().map(Vec::len).sum();
        assert!(runs * size_of::<(f32, u32)>() < mask.data().len() * 4 / 50, "{runs} runs");
    }
}
