//! Focus of two photographs compared by what blur does and a treatment does not.
//!
//! Blur takes fine detail from every plane, the finest most. A treatment of relief takes detail from shading, and leaves most
//! of what pigment shows. So the detail of shading, melanin and hemoglobin is followed from one photograph to the other in bands
//! of an octave. The gain of a band is the slope of a line with errors on both sides (Deming 1943, *Statistical Adjustment of
//! Data*). A Gaussian blur of variance v lowers the logarithm of that gain by v times half the mean square of the band's wave
//! numbers; a veil, a lamp or a weaker pigment lowers all bands alike.
//!
//! Two estimates of v follow. That of pigment reads too much where relief leaks into color: by gloss, by light that spreads in
//! skin, by chroma of half the resolution. That of relief reads too much where a treatment took the finest relief most. If
//! nothing but the focus changed, both agree. So the one nearer 0 is the blur, and 0 where their signs differ.

use super::jackknife::standard_error;

/// Bands, each an octave wide.
pub const BANDS: usize = 3;
/// Planes that are followed: melanin, hemoglobin, shading.
pub const PLANES: usize = 3;
const PIGMENT: [usize; 2] = [0, 1];
const RELIEF: [usize; 1] = [2];
/// Half the mean square wave number of a band times the square of its finer σ: of two Gaussians at σ and 2σ, on detail
/// whose power falls with the third power of the wave number: 0.235 / 4 over 0.162. With the second power it is 0.504, with
/// the fourth 0.232, so that a blur reads 0.6 to 1.4 times what it is.
const WAVE_NUMBER: f64 = 0.362;
/// Most times that a blur is as large as it reads. Measured with 0.06 mm added: 0.9 to 1.3 on close-ups, 1.8 on a phantom.
pub const MOST_TIMES: f64 = 1.8;
/// Fewest blocks that errors rest on.
const LEAST_BLOCKS: usize = 8;
/// Least correlation of a band that says something.
const LEAST_CORRELATION: f64 = 0.3;
/// Least standard error of a blur, in mm². On eight unchanged close-ups taken again both estimates were 0.0008 mm² apart (root
/// mean square).
const LEAST_SE_MM2: f64 = 5.5e-4;

/// Blur of the second photograph against the first by one source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blur {
    /// Variance of the Gaussian that blurs the second more than the first, in mm²; negative where the first is softer.
    pub mm2: f64,
    /// Standard error of that, by blocks of skin.
    pub se_mm2: f64,
}

/// Focus of two photographs, compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FocusComparison {
    /// By detail of melanin and hemoglobin.
    pub pigment: Blur,
    /// By the loss of shading over its bands.
    pub relief: Blur,
}

impl FocusComparison {
    /// Blur that both sources confirm.
    pub fn blur(&self) -> Blur {
        let Self { pigment, relief } = *self;
        let nearer = if pigment.mm2.abs() < relief.mm2.abs() { pigment } else { relief };
        let mm2 = if pigment.mm2 * relief.mm2 > 0.0 { nearer.mm2 } else { 0.0 };
        Blur { mm2, se_mm2: nearer.se_mm2 }
    }
}

/// Products of one band of one plane at the same places of both photographs, summed, in OD².
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BandSums {
    /// Of the first with itself.
    pub first: f64,
    /// Of the second with itself.
    pub second: f64,
    /// Of both.
    pub both: f64,
}

impl BandSums {
    fn plus(self, other: Self, sign: f64) -> Self {
        Self {
            first: self.first + sign * other.first,
            second: self.second + sign * other.second,
            both: self.both + sign * other.both,
        }
    }

    fn correlation(self) -> f64 {
        self.both / (self.first * self.second).sqrt()
    }

    /// ln of the slope of a line with one error on both sides.
    fn gain_ln(self) -> f64 {
        let d = (self.second - self.first) / self.both;
        (0.5 * (d + (d * d + 4.0).sqrt())).ln()
    }
}

/// Sums of one block of skin: `[plane][band]`, bands from fine to coarse.
pub type BlockSums = [[BandSums; BANDS]; PLANES];
type Weights = [[f64; BANDS]; PLANES];

fn combined(a: &BlockSums, b: &BlockSums, sign: f64) -> BlockSums {
    std::array::from_fn(|p| std::array::from_fn(|k| a[p][k].plus(b[p][k], sign)))
}

/// Compares the focus of two photographs by the sums of blocks of skin that both show, where the finest band begins at a
/// Gaussian of `finest_mm`. `None` where too little skin or too little of its pigment is seen.
pub fn compare_focus(blocks: &[BlockSums], finest_mm: f64) -> Option<FocusComparison> {
    if blocks.len() < LEAST_BLOCKS {
        return None;
    }
    let all = blocks.iter().fold(BlockSums::default(), |sum, block| combined(&sum, block, 1.0));
    let without: Vec<BlockSums> = blocks.iter().map(|block| combined(&all, block, -1.0)).collect();
    let jackknife = |value: &dyn Fn(&BlockSums) -> f64| standard_error(without.iter().map(value));
    let weights: Weights = std::array::from_fn(|p| {
        std::array::from_fn(|k| {
            let speaks = all[p][k].correlation() >= LEAST_CORRELATION;
            if speaks { jackknife(&|sums| sums[p][k].gain_ln()).max(1e-6).powi(-2) } else { 0.0 }
        })
    });
    let by = |planes: &[usize]| {
        let fit = |sums: &BlockSums| fit(sums, &weights, planes, finest_mm);
        let found = Blur {
            mm2: fit(&all)?,
            se_mm2: jackknife(&|sums| fit(sums).unwrap_or(f64::NAN)).max(LEAST_SE_MM2),
        };
        (found.mm2.is_finite() && found.se_mm2.is_finite()).then_some(found)
    };
    Some(FocusComparison { pigment: by(&PIGMENT)?, relief: by(&RELIEF)? })
}

/// Variance of the blur: the slope of lines ln g = a − v·c over the bands, one intercept a plane.
fn fit(sums: &BlockSums, weights: &Weights, planes: &[usize], finest_mm: f64) -> Option<f64> {
    let wave = |k: usize| WAVE_NUMBER / (finest_mm * f64::from(1u32 << k)).powi(2);
    let (mut top, mut bottom) = (0.0, 0.0);
    for &p in planes {
        let used: Vec<usize> = (0..BANDS).filter(|&k| weights[p][k] > 0.0).collect();
        let total: f64 = used.iter().map(|&k| weights[p][k]).sum();
        let mean =
            |of: &dyn Fn(usize) -> f64| used.iter().map(|&k| weights[p][k] * of(k)).sum::<f64>() / total;
        let gain = |k: usize| sums[p][k].gain_ln();
        let (mean_wave, mean_gain) = (mean(&wave), mean(&gain));
        for &k in &used {
            top -= weights[p][k] * (wave(k) - mean_wave) * (gain(k) - mean_gain);
            bottom += weights[p][k] * (wave(k) - mean_wave).powi(2);
        }
    }
    (bottom > 0.0).then(|| top / bottom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::gaussian::gaussian;
    use crate::ops::pointwise::{Op, pointwise};
    use crate::ops::testing::{cpu, noise};
    use crate::raster::Raster;

    const PX_PER_MM: f64 = 16.0;
    const FINEST_MM: f64 = 0.08;
    const SIZE: Size = Size { width: 480, height: 400 };

    /// Detail whose power falls about as that of skin does: an octave for each of five Gaussians.
    fn detail(seed: u64) -> Raster {
        let engine = cpu();
        let mut sum = Raster::filled(SIZE, 0.0);
        for (k, sigma) in [0.8, 1.6, 3.2, 6.4, 12.8].into_iter().enumerate() {
            let white = engine.upload_raster(&noise(SIZE, seed + 100 * k as u64)).unwrap();
            let octave = engine.download_raster(&gaussian(engine, &white, sigma).unwrap()).unwrap();
            sum = Raster::from_fn(SIZE, |x, y| sum.at(x, y) + sigma as f32 * octave.at(x, y));
        }
        sum
    }

    /// Blurred by so many mm, with noise, at its bands.
    fn bands(plane: &Raster, blur_mm: f64, grain: &Raster) -> [Raster; BANDS] {
        let engine = cpu();
        let soft = match blur_mm {
            0.0 => plane.clone(),
            _ => {
                let plane = engine.upload_raster(plane).unwrap();
                engine.download_raster(&gaussian(engine, &plane, blur_mm * PX_PER_MM).unwrap()).unwrap()
            }
        };
        let seen = Raster::from_fn(SIZE, |x, y| soft.at(x, y) + 0.05 * grain.at(x, y));
        let seen = engine.upload_raster(&seen).unwrap();
        std::array::from_fn(|k| {
            let sigma = FINEST_MM * PX_PER_MM * f64::from(1u32 << k);
            let [fine, coarse] = [sigma, 2.0 * sigma].map(|sigma| gaussian(engine, &seen, sigma).unwrap());
            engine.download_raster(&pointwise(engine, Op::Subtract, &fine, &coarse).unwrap()).unwrap()
        })
    }

    /// Skin whose second photograph is blurred, and whose relief is `left` of what it was, by bands of its own.
    fn compared(blur_mm: f64, left: impl Fn(&Raster, &Raster) -> Raster, leak: f32) -> FocusComparison {
        let (melanin, hemoglobin, relief) = (detail(1), detail(2), detail(3));
        let fine = {
            let engine = cpu();
            let plane = engine.upload_raster(&relief).unwrap();
            let coarse = engine.download_raster(&gaussian(engine, &plane, 4.0).unwrap()).unwrap();
            Raster::from_fn(SIZE, |x, y| relief.at(x, y) - coarse.at(x, y))
        };
        let treated = left(&relief, &fine);
        let with = |pigment: &Raster, relief: &Raster| {
            Raster::from_fn(SIZE, |x, y| pigment.at(x, y) + leak * relief.at(x, y))
        };
        let seen = |relief: &Raster, blur: f64, seed: u64| -> [[Raster; BANDS]; PLANES] {
            [with(&melanin, relief), with(&hemoglobin, relief), relief.clone()]
                .map(|plane| bands(&plane, blur, &noise(SIZE, seed)))
        };
        let photos = [seen(&relief, 0.0, 7), seen(&treated, blur_mm, 8)];
        let mut blocks = vec![BlockSums::default(); 30];
        for y in (20..SIZE.height - 20).step_by(3) {
            for x in (20..SIZE.width - 20).step_by(3) {
                for (p, row) in blocks[(y / 80 * 6 + x / 80) as usize].iter_mut().enumerate() {
                    for (k, sums) in row.iter_mut().enumerate() {
                        let [a, b] = [0, 1].map(|photo| f64::from(photos[photo][p][k].at(x, y)));
                        *sums = sums.plus(BandSums { first: a * a, second: b * b, both: a * b }, 1.0);
                    }
                }
            }
        }
        compare_focus(&blocks, FINEST_MM).unwrap()
    }

    fn as_it_was(relief: &Raster, _: &Raster) -> Raster {
        relief.clone()
    }

    #[test]
    fn the_blur_that_was_applied_is_found_by_both_sources() {
        for blur in [0.0, 0.03, 0.06] {
            let found = compared(blur, as_it_was, 0.0);
            for source in [found.pigment, found.relief, found.blur()] {
                let off = source.mm2 - blur * blur;
                // Of detail whose power falls with another power of the wave number, 0.6 to 1.4 times is read.
                assert!(off.abs() < 3e-4 + 0.4 * blur * blur, "{blur}: {found:?}");
            }
        }
    }

    #[test]
    fn relief_that_fades_is_no_blur() {
        let faded = |relief: &Raster, _: &Raster| Raster::from_fn(SIZE, |x, y| 0.5 * relief.at(x, y));
        let smoothed = |relief: &Raster, fine: &Raster| {
            Raster::from_fn(SIZE, |x, y| relief.at(x, y) - 0.5 * fine.at(x, y))
        };
        // All of it, with relief that leaks into pigment: the bands of relief say so.
        let all = compared(0.0, faded, 0.3);
        assert!(all.blur().mm2.abs() < 8e-4, "{all:?}");
        // Only the finest, which looks like blur: pigment says so.
        let finest = compared(0.0, smoothed, 0.0);
        assert!(finest.relief.mm2 > 1.2e-3, "{finest:?}");
        assert!(finest.blur().mm2.abs() < 8e-4, "{finest:?}");
        // Faded and blurred: the blur is found.
        let both = compared(0.06, faded, 0.0);
        assert!((both.blur().mm2 - 0.0036).abs() < 0.0012, "{both:?}");
    }

    #[test]
    fn too_little_skin_says_nothing() {
        assert_eq!(compare_focus(&[], FINEST_MM), None);
    }
}
