//! How redness goes back after a treatment: h(t) = h∞ + A·e^(−t/τ) from the peak on.
//!
//! For each τ the other two are linear, so only τ is searched (variable projection: Golub & Pereyra 1973,
//! doi:10.1137/0710036). The interval of τ is where the sum of squares stays within what the noise allows
//! (profile likelihood: Bates & Watts 1988, ch. 6; F of Student's t, squared). Visits are few: resampling
//! four to eight points, one for each visit, would tell less than what is known of the noise of a capture.

use std::f64::consts::LN_2;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::judge::LEVEL;
use crate::reason::Reason;

/// Fewest visits from the peak on that a curve is laid through: one more than it has parameters.
pub const LEAST_VISITS: usize = 4;
/// τ is searched from this share of the shortest gap between visits to so many times the whole span.
const SHORTEST_OF_GAP: f64 = 0.1;
const LONGEST_OF_SPAN: f64 = 10.0;
/// Steps of the first search, even on the logarithm.
const STEPS: usize = 400;

/// One visit of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Days since the treatment, or since the first visit.
    pub day: f64,
    /// Change against the baseline, on the metric's own scale.
    pub change: f64,
}

/// What is known of the noise of one capture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptureNoise {
    /// Variance of one value.
    pub variance: f64,
    /// Degrees of freedom that it rests on.
    pub df: f64,
}

/// A curve from the peak back.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// Where it starts.
    pub peak: Point,
    /// τ·ln 2 in days.
    pub half_life_days: f64,
    /// Its interval; an end that the visits do not tell is `None`.
    pub interval: (Option<f64>, Option<f64>),
    /// h∞: the change that stays.
    pub plateau: f64,
    /// A: what fades, at the day of the peak.
    pub amplitude: f64,
    /// Visits it is laid through.
    pub visits: usize,
}

impl Recovery {
    /// Lays the curve through the visits from the highest on, in order of days.
    ///
    /// # Errors
    /// `too_few_visits`, where fewer than [`LEAST_VISITS`] lie at and after the peak; `no_decay`, where what
    /// follows the peak does not fade.
    pub fn fit(points: &[Point], noise: Option<CaptureNoise>) -> Result<Self, Reason> {
        let Some(first) = (0..points.len()).max_by(|&a, &b| {
            // Of equals the earlier.
            points[a].change.total_cmp(&points[b].change).then(b.cmp(&a))
        }) else {
            return Err(too_few(0));
        };
        let points = &points[first..];
        if points.len() < LEAST_VISITS {
            return Err(too_few(points.len()));
        }
        let curve = Curve::of(points);
        let best = curve.search();
        let fit = curve.at(best);
        if !(fit.amplitude > 0.0 && fit.squares.is_finite()) || best >= curve.longest * 0.999 {
            return Err(Reason::new(
                "no_decay",
                "what follows the peak does not fade along a curve that levels off",
            ));
        }
        let limit = fit.squares + allowed(&fit, points.len(), noise);
        Ok(Self {
            peak: points[0],
            half_life_days: best * LN_2,
            interval: (
                curve.crossing(best, curve.shortest, limit).map(|tau| tau * LN_2),
                curve.crossing(best, curve.longest, limit).map(|tau| tau * LN_2),
            ),
            plateau: fit.plateau,
            amplitude: fit.amplitude,
            visits: points.len(),
        })
    }

    /// The curve on a day at or after the peak.
    pub fn at(&self, day: f64) -> f64 {
        let tau = self.half_life_days / LN_2;
        self.plateau + self.amplitude * (-(day - self.peak.day) / tau).exp()
    }
}

fn too_few(found: usize) -> Reason {
    let message = "a half-life needs visits at and after the peak";
    Reason::limit("too_few_visits", message, found as f64, LEAST_VISITS as f64)
}

/// By how much the sum of squares may exceed its least.
fn allowed(fit: &Fit, visits: usize, noise: Option<CaptureNoise>) -> f64 {
    let (mut sum, mut df) = (fit.squares, (visits - 3) as f64);
    if let Some(noise) = noise {
        (sum, df) = (sum + noise.df * noise.variance, df + noise.df);
    }
    // Degrees of freedom beyond this are as good as certainty.
    let t = StudentsT::new(0.0, 1.0, df.min(1e6)).map_or(f64::INFINITY, |t| t.inverse_cdf(0.5 + LEVEL / 2.0));
    t * t * sum / df
}

/// The points, and the range of τ that they can tell.
struct Curve<'a> {
    points: &'a [Point],
    shortest: f64,
    longest: f64,
}

/// The best line on e^(−t/τ), for one τ.
struct Fit {
    plateau: f64,
    amplitude: f64,
    squares: f64,
}

impl<'a> Curve<'a> {
    fn of(points: &'a [Point]) -> Self {
        let span = points[points.len() - 1].day - points[0].day;
        let gaps = points.windows(2).map(|pair| pair[1].day - pair[0].day).filter(|&gap| gap > 0.0);
        let gap = gaps.fold(span, f64::min);
        Self { points, shortest: SHORTEST_OF_GAP * gap, longest: LONGEST_OF_SPAN * span }
    }

    fn at(&self, tau: f64) -> Fit {
        let n = self.points.len() as f64;
        let fading = |p: &Point| (-(p.day - self.points[0].day) / tau).exp();
        let mean = |value: &dyn Fn(&Point) -> f64| self.points.iter().map(value).sum::<f64>() / n;
        let (mean_x, mean_y) = (mean(&fading), mean(&|p| p.change));
        let xx = mean(&|p| (fading(p) - mean_x).powi(2));
        let xy = mean(&|p| (fading(p) - mean_x) * (p.change - mean_y));
        let amplitude = xy / xx;
        let plateau = mean_y - amplitude * mean_x;
        let squares = n * mean(&|p| (p.change - plateau - amplitude * fading(p)).powi(2));
        Fit { plateau, amplitude, squares }
    }

    /// τ of the least sum of squares.
    fn search(&self) -> f64 {
        let step = (self.longest / self.shortest).ln() / STEPS as f64;
        let tau = |k: f64| self.shortest * (k * step).exp();
        let squares = |k: f64| self.at(tau(k)).squares;
        let coarse = (0..=STEPS).map(|k| k as f64).min_by(|&a, &b| squares(a).total_cmp(&squares(b)));
        let middle = coarse.unwrap_or(0.0);
        let (mut low, mut high) = ((middle - 1.0).max(0.0), (middle + 1.0).min(STEPS as f64));
        while high - low > 1e-6 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if squares(a) <= squares(b) { high = b } else { low = a }
        }
        tau((low + high) / 2.0)
    }

    /// Where the sum of squares first passes `limit` on the way from `best` to `end`.
    fn crossing(&self, best: f64, end: f64, limit: f64) -> Option<f64> {
        let step = (end / best).ln() / STEPS as f64;
        let tau = |k: f64| best * (k * step).exp();
        let beyond = |k: f64| {
            let fit = self.at(tau(k));
            fit.squares > limit || fit.amplitude <= 0.0
        };
        let first = (1..=STEPS).map(|k| k as f64).find(|&k| beyond(k))?;
        let (mut inside, mut outside) = (first - 1.0, first);
        for _ in 0..40 {
            let middle = (inside + outside) / 2.0;
            if beyond(middle) { outside = middle } else { inside = middle }
        }
        Some(tau(inside))
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const DAYS: [f64; 8] = [1.0, 3.0, 7.0, 14.0, 21.0, 35.0, 56.0, 90.0];

    fn series(half_life: f64, plateau: f64, noise_sd: f64, seed: u64) -> Vec<Point> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
        };
        let value = |day: f64| plateau + 0.3 * 2.0f64.powf(-day / half_life);
        DAYS.iter().map(|&day| Point { day, change: value(day) + noise_sd * normal() }).collect()
    }

    #[test]
    fn a_curve_without_noise_is_found_again() {
        let found = Recovery::fit(&series(9.0, 0.02, 0.0, 1), None).unwrap();
        assert!((found.half_life_days - 9.0).abs() < 1e-3, "{found:?}");
        assert!((found.plateau - 0.02).abs() < 1e-5);
        assert!((found.at(30.0) - (0.02 + 0.3 * 2.0f64.powf(-30.0 / 9.0))).abs() < 1e-5);
        assert_eq!((found.peak.day, found.visits), (1.0, 8));
    }

    /// `fixtures/change/make_recovery.py`.
    #[test]
    fn half_lives_and_intervals_are_those_of_scipy() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/change/recovery.json")).unwrap();
        for case in cases.as_array().unwrap() {
            let list = |name: &str| case[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap());
            let points: Vec<Point> =
                list("days").zip(list("changes")).map(|(day, change)| Point { day, change }).collect();
            let number = |value: &serde_json::Value| value.as_f64();
            let noise = number(&case["noise"]["variance"]).zip(number(&case["noise"]["df"]));
            let noise = noise.map(|(variance, df)| CaptureNoise { variance, df });
            let found = Recovery::fit(&points, noise).unwrap();
            let pairs = [
                (Some(found.half_life_days), "half_life_days"),
                (Some(found.plateau), "plateau"),
                (Some(found.amplitude), "amplitude"),
                (found.interval.0, "low"),
                (found.interval.1, "high"),
            ];
            for (found, name) in pairs {
                let (found, expected) = (found.unwrap(), number(&case[name]).unwrap());
                assert!((found / expected - 1.0).abs() < 1e-4, "{name}: {found} against {expected}");
            }
        }
    }

    #[test]
    fn days_before_the_peak_are_no_recovery() {
        let mut points = series(9.0, 0.0, 0.0, 1);
        points.insert(0, Point { day: 0.5, change: 0.05 });
        let found = Recovery::fit(&points, None).unwrap();
        assert!((found.half_life_days - 9.0).abs() < 1e-3 && found.peak.day == 1.0);
    }

    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let (noise_sd, mut held, mut held_with_noise, runs) = (0.012, 0, 0, 1000);
        for seed in 0..runs {
            let points = series(10.0, 0.01, noise_sd, seed);
            let holds = |noise| {
                Recovery::fit(&points, noise).is_ok_and(|found| {
                    let (low, high) = found.interval;
                    low.is_none_or(|low| low <= 10.0) && high.is_none_or(|high| high >= 10.0)
                })
            };
            held += u32::from(holds(None));
            let noise = CaptureNoise { variance: noise_sd * noise_sd, df: 20.0 };
            held_with_noise += u32::from(holds(Some(noise)));
        }
        println!("{held} and {held_with_noise} of {runs}");
        assert!((930..=980).contains(&held), "{held} of {runs}");
        assert!((930..=980).contains(&held_with_noise), "{held_with_noise} of {runs}");
    }

    #[test]
    fn known_noise_makes_an_interval_of_four_visits_useful() {
        let widths = |noise: Option<CaptureNoise>| {
            let width = |seed| {
                let points: Vec<Point> = series(10.0, 0.0, 0.005, seed).into_iter().step_by(2).collect();
                let (low, high) = Recovery::fit(&points, noise).unwrap().interval;
                high.unwrap_or(f64::INFINITY) - low.unwrap_or(0.0)
            };
            let mut widths: Vec<f64> = (0..21).map(width).collect();
            widths.sort_by(f64::total_cmp);
            widths
        };
        let known = widths(Some(CaptureNoise { variance: 0.005f64.powi(2), df: 20.0 }));
        assert!(known[20] < 6.0 && widths(None)[10] > 2.0 * known[10], "{known:?}");
    }

    #[test]
    fn too_few_visits_and_no_decay_are_said() {
        let code = |points: &[Point]| Recovery::fit(points, None).unwrap_err().code;
        assert_eq!(code(&[]), "too_few_visits");
        assert_eq!(code(&series(9.0, 0.0, 0.0, 1)[..3]), "too_few_visits");
        let rising: Vec<Point> = DAYS
            .iter()
            .map(|&day| Point { day, change: 0.1 - 0.001 * day + f64::from(day == 1.0) * 1e-6 })
            .collect();
        assert_eq!(code(&rising), "no_decay");
    }
}
