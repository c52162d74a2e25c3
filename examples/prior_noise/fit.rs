//! How much values of unchanged skin differ, by how large they are.

use std::collections::BTreeSet;

use dermetric::change::PRIOR_WIDENING;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Rounds of the fit; after a hundred nothing moves in the digits that are printed.
const ROUNDS: usize = 2000;

/// A difference of two captures, on the axis it is judged on.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Of which photograph.
    pub photograph: String,
    /// After − before.
    pub d: f64,
    /// What a smaller one of makes it the noisier; infinite where nothing does.
    pub size: f64,
    /// What a larger one of makes it the noisier.
    pub leverage: f64,
}

/// s_w² = floor² + (grain ÷ size)² + (contrast · leverage)².
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    pub floor: f64,
    pub grain: f64,
    pub contrast: f64,
    /// Photographs that contributed.
    pub photographs: usize,
    /// t(0.975) with as many degrees of freedom as photographs.
    t: f64,
}

impl Fit {
    /// The likeliest one for differences that are normal, or wider where more than one in twenty lies beyond
    /// what it allows.
    pub fn of(differences: &[Difference]) -> Self {
        let photographs = differences.iter().map(|d| &d.photograph).collect::<BTreeSet<_>>().len();
        let t = StudentsT::new(0.0, 1.0, photographs as f64).map_or(f64::NAN, |t| t.inverse_cdf(0.975));
        let half_squares: Vec<f64> = differences.iter().map(|d| 0.5 * d.d * d.d).collect();
        let parts: Vec<[f64; 3]> =
            differences.iter().map(|d| [1.0, d.size.powi(-2), d.leverage.powi(2)]).collect();
        let mut weights = likeliest(&half_squares, &parts);
        // What adds nothing even where it is most, is none.
        for part in 1..3 {
            let most = parts.iter().map(|p| p[part]).fold(0.0, f64::max);
            if weights[part] * most < 1e-6 * weights[0] {
                weights[part] = 0.0;
            }
        }
        let [floor, grain, contrast] = weights.map(f64::sqrt);
        let fit = Self { floor, grain, contrast, photographs, t };
        let mut sizes: Vec<f64> =
            differences.iter().map(|d| d.d.abs() / (2f64.sqrt() * fit.s_w(d))).collect();
        sizes.sort_by(f64::total_cmp);
        let wider = (sizes[sizes.len() - 1 - sizes.len() / 20] / t).max(1.0);
        let [floor, grain, contrast] = [floor, grain, contrast].map(|part| wider * part);
        Self { floor, grain, contrast, ..fit }
    }

    /// Standard deviation of one capture of this size and leverage.
    pub fn s_w(&self, of: &Difference) -> f64 {
        self.floor.hypot(self.grain / of.size).hypot(self.contrast * of.leverage)
    }

    /// Root of the mean half square over the half of the differences whose sizes are the larger, less what contrast
    /// explains of it.
    pub fn rms_of_larger_half(&self, differences: &[Difference]) -> f64 {
        let own = |d: &Difference| {
            let of_contrast = self.contrast * d.leverage;
            let share = if of_contrast > 0.0 { self.floor / self.floor.hypot(of_contrast) } else { 1.0 };
            Difference { d: share * d.d, ..d.clone() }
        };
        let mut sorted: Vec<Difference> = differences.iter().map(own).collect();
        sorted.sort_by(|a, b| a.size.total_cmp(&b.size));
        rms(&sorted[sorted.len() / 2..])
    }
}

/// Weights of the parts that make their weighted sums the likeliest variances of normal values with these squares: where
/// Σ(ln m + y/m) is least, m = Σ w·x.
fn likeliest(squares: &[f64], parts: &[[f64; 3]]) -> [f64; 3] {
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / squares.len() as f64;
    let of_squares = mean(&mut squares.iter().copied());
    let of_parts: [f64; 3] = std::array::from_fn(|k| mean(&mut parts.iter().map(|part| part[k])));
    let present = of_parts.iter().filter(|part| **part > 0.0).count() as f64;
    // Each begins with an equal share of the mean square.
    let mut weights = of_parts.map(|part| if part > 0.0 { of_squares / (present * part) } else { 0.0 });
    for _ in 0..ROUNDS {
        let (mut pull, mut push) = ([0.0; 3], [0.0; 3]);
        for (&y, part) in squares.iter().zip(parts) {
            let m: f64 = part.iter().zip(&weights).map(|(x, w)| x * w).sum();
            for k in 0..3 {
                pull[k] += part[k] * y / (m * m);
                push[k] += part[k] / m;
            }
        }
        for k in (0..3).filter(|&k| push[k] > 0.0) {
            weights[k] *= (pull[k] / push[k]).sqrt();
        }
    }
    weights
}

/// √(Σd² ÷ 2n).
pub fn rms(differences: &[Difference]) -> f64 {
    (differences.iter().map(|d| d.d * d.d).sum::<f64>() / (2.0 * differences.len() as f64)).sqrt()
}

/// Differences that a table made without their photograph would hold beyond the smallest detectable change.
pub fn beyond_what_others_show(differences: &[Difference]) -> usize {
    let photographs: BTreeSet<&str> = differences.iter().map(|d| d.photograph.as_str()).collect();
    let beyond = |photograph: &&str| {
        let (own, others): (Vec<_>, Vec<_>) =
            differences.iter().cloned().partition(|d| d.photograph == **photograph);
        if others.is_empty() {
            return 0;
        }
        let fit = Fit::of(&others);
        let limit = |d: &Difference| PRIOR_WIDENING * fit.t * 2f64.sqrt() * fit.s_w(d);
        own.iter().filter(|d| d.d.abs() > limit(d)).count()
    };
    photographs.iter().map(beyond).sum()
}
