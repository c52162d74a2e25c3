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
}

/// s_w² = floor² + (grain ÷ size)².
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    pub floor: f64,
    pub grain: f64,
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
        let per_square: Vec<f64> = differences.iter().map(|d| d.size.powi(-2)).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / differences.len() as f64;
        let (y, x) = (mean(&half_squares), mean(&per_square));
        // Σ(ln m + y/m) with m = a + b/size² is least where both of these quotients are 1.
        let (mut a, mut b) = if x > 0.0 { (0.5 * y, 0.5 * y / x) } else { (y, 0.0) };
        for _ in 0..ROUNDS {
            if b == 0.0 {
                break;
            }
            let [mut of_a, mut of_b] = [[0.0; 2]; 2];
            for (&y, &x) in half_squares.iter().zip(&per_square) {
                let m = a + b * x;
                let (pull, push) = (y / (m * m), 1.0 / m);
                of_a = [of_a[0] + pull, of_a[1] + push];
                of_b = [of_b[0] + x * pull, of_b[1] + x * push];
            }
            a *= (of_a[0] / of_a[1]).sqrt();
            b *= (of_b[0] / of_b[1]).sqrt();
        }
        // What adds nothing to the smallest either, is none.
        let smallest = per_square.iter().copied().fold(0.0, f64::max);
        if b * smallest < 1e-6 * a {
            b = 0.0;
        }
        let mut fit = Self { floor: a.sqrt(), grain: b.sqrt(), photographs, t };
        let mut sizes: Vec<f64> =
            differences.iter().map(|d| d.d.abs() / (2f64.sqrt() * fit.s_w(d.size))).collect();
        sizes.sort_by(f64::total_cmp);
        let wider = (sizes[sizes.len() - 1 - sizes.len() / 20] / t).max(1.0);
        (fit.floor, fit.grain) = (wider * fit.floor, wider * fit.grain);
        fit
    }

    /// Standard deviation of one capture of this size.
    pub fn s_w(&self, size: f64) -> f64 {
        self.floor.hypot(self.grain / size)
    }
}

/// √(Σd² ÷ 2n).
pub fn rms(differences: &[Difference]) -> f64 {
    (differences.iter().map(|d| d.d * d.d).sum::<f64>() / (2.0 * differences.len() as f64)).sqrt()
}

/// The same over the half of the differences whose sizes are the larger.
pub fn rms_of_larger_half(differences: &[Difference]) -> f64 {
    let mut sorted = differences.to_vec();
    sorted.sort_by(|a, b| a.size.total_cmp(&b.size));
    rms(&sorted[sorted.len() / 2..])
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
        let limit = |d: &Difference| PRIOR_WIDENING * fit.t * 2f64.sqrt() * fit.s_w(d.size);
        own.iter().filter(|d| d.d.abs() > limit(d)).count()
    };
    photographs.iter().map(beyond).sum()
}
