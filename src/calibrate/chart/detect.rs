//! The chart in a photograph: patches are flat quadrilaterals in a grid; which way round they lie, and
//! whether they are a chart at all, is told by their colors alone.

use std::collections::{BTreeMap, VecDeque};

use super::correction::unlikeness;
use super::reference::{COLUMNS, PATCHES, ROWS};
use crate::calibrate::target::{
    LARGEST_TILT_DEG, PatchColor, Placement, Quad, Sight, fit_map, flat, patch_color, placement, quad_of,
    regions, scale_cv_percent,
};
use crate::geometry::Homography;
use crate::raster::Raster;
use crate::reason::Reason;

/// Pictures are searched at these reductions of the sight: small ones have little noise.
const REDUCTIONS: [u32; 4] = [2, 3, 4, 7];
/// Largest step of lightness between neighbors within a patch: clean pictures, noisy ones.
const STEPS: [f32; 3] = [0.012, 0.022, 0.04];
/// Sides of a patch in pixels of the reduced picture.
const LEAST_SIDE: u32 = 7;
/// Share of its outline that a patch fills.
const LEAST_FILL: f64 = 0.8;
/// Distance from patch to patch in sides of a patch.
const PITCH: std::ops::RangeInclusive<f64> = 1.0..=1.9;
/// How far the next patch may lie off the line of a side, in sides.
const ASTRAY: f64 = 0.3;
/// Areas of neighbors may differ by this factor.
const LARGEST_RATIO: f64 = 2.2;
/// Fewest patches seen as quadrilaterals; dark ones are lost in a black frame.
const LEAST_FOUND: usize = 10;
/// Share of the pitch that is read in the middle of a patch.
const READ: f64 = 0.36;
/// Mean ΔE00 that a linear correction may leave, and by what factor the next best way to lay the
/// chart must be worse.
const LARGEST_UNLIKENESS: f64 = 7.0;
const DISTINCT: f64 = 1.5;
/// How true the chart's pitch is, as a standard deviation in per cent.
const PITCH_CV_PERCENT: f64 = 0.5;

/// A chart in a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// From the grid, in pitches from the chart's upper left, to pixels of the photograph.
    pub photo_from_grid: Homography,
    /// Colors of the patches, row by row from dark skin on.
    pub patches: [PatchColor; PATCHES],
    /// RMS distance of the patches' centers from the grid, in pixels of the photograph.
    pub residual_px: f64,
    /// Patches that were seen as quadrilaterals.
    pub found: usize,
}

impl Chart {
    /// Millimetres per pixel at the chart's center and the coefficient of variation in per cent, for
    /// a chart whose patches are `pitch_mm` apart from center to center.
    ///
    /// # Errors
    /// A chart that is tilted too far.
    pub fn mm_per_px(&self, pitch_mm: f64) -> Result<(f64, f64), Reason> {
        let Placement { px_per_mm, tilt_deg } = self.placement(pitch_mm);
        if tilt_deg > LARGEST_TILT_DEG {
            let message = "the color chart is tilted too far for a scale, in degrees";
            return Err(Reason::limit("chart_tilted", message, tilt_deg, LARGEST_TILT_DEG));
        }
        // Centers scatter over 1.7 columns and 1.1 rows about the middle.
        let spread = 2.0 * pitch_mm * px_per_mm;
        let cv = scale_cv_percent(PITCH_CV_PERCENT, self.residual_px, spread, self.found, tilt_deg);
        Ok((1.0 / px_per_mm, cv))
    }

    /// How the chart lies before the camera.
    pub fn placement(&self, pitch_mm: f64) -> Placement {
        let middle = [COLUMNS, ROWS].map(|n| 0.5 * n as f64 * pitch_mm);
        placement(&self.photo_from_grid.rescaled(pitch_mm, 1.0), middle)
    }

    /// Centers of the patches in the photograph.
    pub fn patch_places(&self) -> [[f64; 2]; PATCHES] {
        std::array::from_fn(|i| {
            let [column, row] = [i % COLUMNS, i / COLUMNS].map(|v| v as f64 + 0.5);
            self.photo_from_grid.apply(column, row).into()
        })
    }

    /// The corners of the area of patches, half a pitch wider than that on each side for the frame.
    pub fn outline(&self) -> [[f64; 2]; 4] {
        let (w, h) = (COLUMNS as f64, ROWS as f64);
        [[-0.5, -0.5], [w + 0.5, -0.5], [w + 0.5, h + 0.5], [-0.5, h + 0.5]]
            .map(|[x, y]| self.photo_from_grid.apply(x, y).into())
    }
}

/// Looks for the chart. `None` where there is none.
pub fn find_chart(sight: &Sight) -> Option<Chart> {
    let mut best: Option<(f64, Chart)> = None;
    for reduction in REDUCTIONS {
        let planes = [0, 1, 2].map(|c| reduced(&sight.rgb[c], reduction));
        for step in STEPS {
            for cluster in clusters(&quads(&planes, step)) {
                if let Some((unlike, chart)) = laid(sight, &cluster, f64::from(reduction))
                    && best.as_ref().is_none_or(|(least, _)| unlike < *least)
                {
                    best = Some((unlike, chart));
                }
            }
        }
    }
    best.map(|(_, chart)| chart)
}

/// Lightness, about the root of linear light, by means over squares of `factor` pixels.
fn reduced(plane: &Raster, factor: u32) -> Raster {
    plane.reduced(factor).map(|v| v.max(0.0).sqrt())
}

/// Flat quadrilaterals.
fn quads(planes: &[Raster; 3], step: f32) -> Vec<Quad> {
    let size = planes[0].size();
    let most = size.width.max(size.height) / 5;
    if most < LEAST_SIDE {
        return Vec::new();
    }
    regions(&flat(planes, step), LEAST_SIDE..=most)
        .iter()
        .filter_map(|region| {
            let quad = quad_of(region)?;
            (region.pixels as f64 >= LEAST_FILL * quad.area()).then_some(quad)
        })
        .collect()
}

/// Centers of patches by column and row, in a frame of the cluster's own.
type Cluster = BTreeMap<(i32, i32), [f64; 2]>;

/// Sides of a quadrilateral as two directions, to the right and down in the quadrilateral's own frame.
fn directions(quad: &Quad) -> [[f64; 2]; 2] {
    let [a, b, c, d] = quad.corners;
    [0, 1].map(|k| {
        [0, 1].map(
            |i| if k == 0 { 0.5 * (b[i] - a[i] + c[i] - d[i]) } else { 0.5 * (d[i] - a[i] + c[i] - b[i]) },
        )
    })
}

/// The same directions turned by quarters so that they are nearest to others.
fn like([u, v]: [[f64; 2]; 2], [other, _]: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let minus = |v: [f64; 2]| [-v[0], -v[1]];
    let turns = [[u, v], [v, minus(u)], [minus(u), minus(v)], [minus(v), u]];
    let along = |t: &[[f64; 2]; 2]| t[0][0] * other[0] + t[0][1] * other[1];
    turns.into_iter().max_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or([u, v])
}

/// Grids of quadrilaterals, each beside the next.
fn clusters(quads: &[Quad]) -> Vec<Cluster> {
    let mut used = vec![false; quads.len()];
    let mut out = Vec::new();
    for start in 0..quads.len() {
        if used[start] {
            continue;
        }
        used[start] = true;
        let mut cluster = Cluster::from([((0, 0), quads[start].center())]);
        let mut queue = VecDeque::from([(start, (0, 0), directions(&quads[start]))]);
        while let Some((i, (column, row), frame)) = queue.pop_front() {
            for (j, quad) in quads.iter().enumerate() {
                if used[j] {
                    continue;
                }
                let Some((dx, dy)) = neighbor(&quads[i], quad, frame) else { continue };
                let place = (column + dx, row + dy);
                if cluster.contains_key(&place) {
                    continue;
                }
                used[j] = true;
                cluster.insert(place, quad.center());
                queue.push_back((j, place, like(directions(quad), frame)));
            }
        }
        if cluster.len() >= LEAST_FOUND {
            out.push(cluster);
        }
    }
    out
}

/// On which side of a quadrilateral another lies next to it.
fn neighbor(quad: &Quad, other: &Quad, [u, v]: [[f64; 2]; 2]) -> Option<(i32, i32)> {
    let (a, b) = (quad.center(), other.center());
    let d = [b[0] - a[0], b[1] - a[1]];
    let ratio = other.area() / quad.area();
    if !(1.0 / LARGEST_RATIO..=LARGEST_RATIO).contains(&ratio) {
        return None;
    }
    let det = u[0] * v[1] - u[1] * v[0];
    let p = (d[0] * v[1] - d[1] * v[0]) / det;
    let q = (u[0] * d[1] - u[1] * d[0]) / det;
    if PITCH.contains(&p.abs()) && q.abs() <= ASTRAY {
        Some((p.signum() as i32, 0))
    } else if PITCH.contains(&q.abs()) && p.abs() <= ASTRAY {
        Some((0, q.signum() as i32))
    } else {
        None
    }
}

/// The chart laid on a cluster in the one way that its colors allow.
fn laid(sight: &Sight, cluster: &Cluster, reduction: f64) -> Option<(f64, Chart)> {
    let mut ways: Vec<(f64, Chart)> = Vec::new();
    for turn in 0..4 {
        // Turned by quarters: (x, y) → (−y, x).
        let turned: Vec<((i32, i32), [f64; 2])> = cluster
            .iter()
            .map(|(&place, &center)| ((0..turn).fold(place, |(x, y), _| (-y, x)), center))
            .collect();
        let low = |pick: fn(&(i32, i32)) -> i32| turned.iter().map(|(p, _)| pick(p)).min();
        let high = |pick: fn(&(i32, i32)) -> i32| turned.iter().map(|(p, _)| pick(p)).max();
        let (x0, x1, y0, y1) = (low(|p| p.0)?, high(|p| p.0)?, low(|p| p.1)?, high(|p| p.1)?);
        let (spare_x, spare_y) = (COLUMNS as i32 - (x1 - x0 + 1), ROWS as i32 - (y1 - y0 + 1));
        for shift_y in 0..=spare_y {
            for shift_x in 0..=spare_x {
                let pairs: Vec<([f64; 2], [f64; 2])> = turned
                    .iter()
                    .map(|&((x, y), c)| {
                        let grid = [f64::from(x - x0 + shift_x) + 0.5, f64::from(y - y0 + shift_y) + 0.5];
                        (grid, c.map(|v| v * reduction))
                    })
                    .collect();
                ways.extend(way(sight, &pairs));
            }
        }
    }
    ways.sort_by(|a, b| a.0.total_cmp(&b.0));
    let next = ways.get(1).map_or(f64::INFINITY, |w| w.0);
    let (unlike, chart) = ways.into_iter().next()?;
    (unlike <= LARGEST_UNLIKENESS && next >= DISTINCT * unlike).then_some((unlike, chart))
}

/// One way to lay the chart, and how unlike one it then looks.
fn way(sight: &Sight, pairs: &[([f64; 2], [f64; 2])]) -> Option<(f64, Chart)> {
    let map = fit_map(pairs)?;
    let square = |(grid, px): &([f64; 2], [f64; 2])| {
        let (x, y) = map.apply(grid[0], grid[1]);
        (x - px[0]).powi(2) + (y - px[1]).powi(2)
    };
    let residual = (pairs.iter().map(square).sum::<f64>() / pairs.len() as f64).sqrt();
    let patches = std::array::from_fn(|i| {
        let corner = [i % COLUMNS, i / COLUMNS].map(|v| v as f64 + 0.5 * (1.0 - READ));
        patch_color(sight, &map, [corner[0], corner[1], READ, READ])
    });
    let chart = Chart {
        photo_from_grid: map.rescaled(1.0, 1.0 / sight.factor),
        patches,
        residual_px: residual / sight.factor,
        found: pairs.len(),
    };
    Some((unlikeness(&chart)?, chart))
}
