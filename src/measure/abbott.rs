//! The material-ratio curve (Abbott & Firestone 1933), its core, and the peaks and valleys beyond it: Sk, Spk
//! and Svk as ISO 25178-2 and ISO 13565-2 define them.

/// Share of the curve over which the secant of least slope is looked for.
const WINDOW: f64 = 0.4;

/// What the curve is made of, in the unit of its heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Core {
    /// Sk: from the lowest to the highest height of the core.
    pub depth: f64,
    /// Spk: height of the triangle that has the area of the peaks above the core.
    pub peaks: f64,
    /// Svk: height of the triangle that has the area of the valleys below the core.
    pub valleys: f64,
}

/// Svk of heights given by their histogram in equal bins of `bin` units, lowest first. `None` where the
/// curve has no core.
pub fn valley_depth(lowest_first: &[u64], bin: f64) -> Option<f64> {
    core(lowest_first, bin).map(|core| core.valleys)
}

/// Core, peaks and valleys of heights given by their histogram in equal bins of `bin` units, lowest first.
/// `None` where the curve has no core.
pub fn core(lowest_first: &[u64], bin: f64) -> Option<Core> {
    let curve = Curve::new(lowest_first, bin)?;
    let (slope, level) = curve.core_line();
    // Heights of the line where all, and where none, of the material lies above.
    let lower = level + slope;
    let (peaks_end, valleys_start) = (curve.ratio_at(level), curve.ratio_at(lower));
    let triangle = |area: f64, base: f64| if base > 0.0 { 2.0 * area / base } else { 0.0 };
    Some(Core {
        depth: -slope,
        peaks: triangle(curve.area_above(level, peaks_end), peaks_end),
        valleys: triangle(curve.area_below(lower, valleys_start), 1.0 - valleys_start),
    })
}

/// Heights over the share of material at or above them, highest first.
struct Curve {
    ratios: Vec<f64>,
    heights: Vec<f64>,
}

impl Curve {
    fn new(lowest_first: &[u64], bin: f64) -> Option<Self> {
        let total: u64 = lowest_first.iter().sum();
        if total == 0 {
            return None;
        }
        let (mut ratios, mut heights) = (vec![0.0], Vec::new());
        let mut above = 0;
        for (i, &count) in lowest_first.iter().enumerate().rev().filter(|(_, n)| **n > 0) {
            // Within a bin the material is taken to lie evenly between its edges.
            if heights.is_empty() {
                heights.push((i + 1) as f64 * bin);
            } else if *heights.last()? > (i + 1) as f64 * bin {
                // Empty bins: a vertical step.
                ratios.push(above as f64 / total as f64);
                heights.push((i + 1) as f64 * bin);
            }
            above += count;
            ratios.push(above as f64 / total as f64);
            heights.push(i as f64 * bin);
        }
        (heights.len() >= 3).then_some(Self { ratios, heights })
    }

    fn height_at(&self, ratio: f64) -> f64 {
        let i = self.ratios.partition_point(|&r| r < ratio).clamp(1, self.ratios.len() - 1);
        let (r0, r1) = (self.ratios[i - 1], self.ratios[i]);
        let t = if r1 > r0 { ((ratio - r0) / (r1 - r0)).clamp(0.0, 1.0) } else { 0.0 };
        self.heights[i - 1] + t * (self.heights[i] - self.heights[i - 1])
    }

    fn ratio_at(&self, height: f64) -> f64 {
        let i = self.heights.partition_point(|&h| h > height);
        if i == 0 {
            return 0.0;
        }
        if i == self.heights.len() {
            return 1.0;
        }
        let (h0, h1) = (self.heights[i - 1], self.heights[i]);
        let t = if h0 > h1 { (h0 - height) / (h0 - h1) } else { 0.0 };
        self.ratios[i - 1] + t * (self.ratios[i] - self.ratios[i - 1])
    }

    /// The least-squares line through the window of least secant slope: height = level + slope·ratio.
    fn core_line(&self) -> (f64, f64) {
        const STEPS: usize = 1000;
        let window = (WINDOW * STEPS as f64) as usize;
        let heights: Vec<f64> = (0..=STEPS).map(|i| self.height_at(i as f64 / STEPS as f64)).collect();
        let drop = |i: usize| heights[i] - heights[i + window];
        let start = (0..=STEPS - window).min_by(|&a, &b| drop(a).total_cmp(&drop(b))).unwrap_or(0);
        let points = (start..=start + window).map(|i| (i as f64 / STEPS as f64, heights[i]));
        let n = (window + 1) as f64;
        let (mx, my) = points.clone().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
        let (sxy, sxx) =
            points.fold((0.0, 0.0), |(xy, xx), p| (xy + (p.0 - mx) * (p.1 - my), xx + (p.0 - mx).powi(2)));
        let slope = sxy / sxx;
        (slope, my - slope * mx)
    }

    /// Area between the curve and `level` up to `ratio`.
    fn area_above(&self, level: f64, ratio: f64) -> f64 {
        let mut area = 0.0;
        for (r, h) in self.ratios.windows(2).zip(self.heights.windows(2)) {
            let end = r[1].min(ratio);
            if end > r[0] {
                let middle = 0.5 * (h[0] + self.height_at(end).max(h[1]));
                area += (end - r[0]) * (middle - level);
            }
        }
        area
    }

    /// Area between `level` and the curve from `ratio` on.
    fn area_below(&self, level: f64, ratio: f64) -> f64 {
        let mut area = 0.0;
        for (r, h) in self.ratios.windows(2).zip(self.heights.windows(2)) {
            let start = r[0].max(ratio);
            if r[1] > start {
                let middle = 0.5 * (self.height_at(start).min(h[0]) + h[1]);
                area += (r[1] - start) * (level - middle);
            }
        }
        area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A surface both sides compute: waves with a pit.
    fn histogram(bins: usize) -> (Vec<u64>, f64) {
        let mut counts = vec![0; bins];
        let (low, high) = (-4.0, 4.0);
        let bin = (high - low) / bins as f64;
        for y in 0..150 {
            for x in 0..200 {
                let (x, y) = (f64::from(x), f64::from(y));
                let pit = (-((x - 90.0).powi(2) + (y - 70.0).powi(2)) / 400.0).exp();
                let z = 0.6 * (0.11 * x).sin() + 0.3 * (0.17 * y + 0.05 * x).cos() - 2.0 * pit;
                counts[((z - low) / bin) as usize] += 1;
            }
        }
        (counts, bin)
    }

    #[test]
    fn valleys_are_those_of_an_independent_program() {
        // fixtures/measure/make_abbott.py: surfalize's Svk of the same surface.
        let expected: f64 = include_str!("../../fixtures/measure/abbott_svk.txt").trim().parse().unwrap();
        let (counts, bin) = histogram(2048);
        let found = valley_depth(&counts, bin).unwrap();
        assert!((found / expected - 1.0).abs() < 0.01, "{found}, expected {expected}");
    }

    #[test]
    fn an_even_slope_is_all_core() {
        let found = core(&[7; 500], 0.01).unwrap();
        assert!((found.depth - 5.0).abs() < 1e-6, "{found:?}");
        assert!(found.peaks.abs() < 1e-6 && found.valleys.abs() < 1e-6, "{found:?}");
    }

    /// Turned upside down, peaks are valleys.
    #[test]
    fn peaks_mirror_valleys() {
        let (mut counts, bin) = histogram(2048);
        let upright = core(&counts, bin).unwrap();
        counts.reverse();
        let turned = core(&counts, bin).unwrap();
        assert!((upright.peaks - turned.valleys).abs() < 1e-3 * upright.valleys, "{upright:?} {turned:?}");
        assert!((upright.valleys - turned.peaks).abs() < 1e-3 * upright.valleys, "{upright:?} {turned:?}");
    }

    #[test]
    fn one_height_has_no_core() {
        assert_eq!(valley_depth(&[0; 10], 0.01), None);
        assert_eq!(valley_depth(&[0, 9, 0], 0.01), None);
    }
}
