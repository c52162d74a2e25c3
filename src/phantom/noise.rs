//! Smooth random fields on the plane, evaluated point by point: a scene can be photographed from
//! any pose without resampling anything.

/// Standard deviation of gradient noise with unit gradients and quintic weights q, over the plane:
/// 2·√(∫(1−q)² · ∫(1−q)²x²), because the four corners are independent and each gradient has a
/// mean square of ½ along any direction.
const GRADIENT_NOISE_SD: f32 = 0.215_710_8;

/// A repeatable random number for every cell of an integer lattice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lattice(pub u32);

impl Lattice {
    /// 32 well-mixed bits for the cell: the murmur3 finalizer over both indices and the seed.
    fn bits(self, column: i32, row: i32) -> u32 {
        let mut h = self.0 ^ (column as u32).wrapping_mul(0x9e37_79b1);
        h = mix(h).wrapping_add((row as u32).wrapping_mul(0x85eb_ca77));
        mix(h)
    }

    /// Gradient noise (Perlin 2002, doi:10.1145/566654.566636): mean 0, standard deviation 1,
    /// wavelength about 1.5 lattice units.
    pub(super) fn noise(self, x: f64, y: f64) -> f32 {
        let ((column, fx), (row, fy)) = (split(x), split(y));
        let corner = |dx: i32, dy: i32| {
            let [gx, gy] = unit_vector(self.bits(column.wrapping_add(dx), row.wrapping_add(dy)));
            gx * (fx - dx as f32) + gy * (fy - dy as f32)
        };
        let (u, v) = (quintic(fx), quintic(fy));
        let top = lerp(corner(0, 0), corner(1, 0), u);
        let bottom = lerp(corner(0, 1), corner(1, 1), u);
        lerp(top, bottom, v) / GRADIENT_NOISE_SD
    }

    /// Distances to the nearest and second nearest feature point (Worley 1996,
    /// doi:10.1145/237170.237267), one jittered point a cell. Where they are equal runs the
    /// border between two cells.
    pub(super) fn two_nearest(self, x: f64, y: f64) -> [f32; 2] {
        let ((column, fx), (row, fy)) = (split(x), split(y));
        let (mut first, mut second) = (f32::MAX, f32::MAX);
        for dy in -1..=1 {
            for dx in -1..=1 {
                let bits = self.bits(column.wrapping_add(dx), row.wrapping_add(dy));
                // Jitter of ±0.4 keeps the two nearest inside the 3 × 3 neighborhood.
                let jitter = |b: u32| 0.1 + 0.8 * (b as f32 / 65535.0);
                let px = dx as f32 + jitter(bits & 0xffff) - fx;
                let py = dy as f32 + jitter(bits >> 16) - fy;
                let d = px * px + py * py;
                if d < first {
                    second = first;
                    first = d;
                } else if d < second {
                    second = d;
                }
            }
        }
        [first.sqrt(), second.sqrt()]
    }
}

/// Sine and cosine of 20°, 55°, 90°, 125° and 160°.
const TURNS: [(f64, f64); 5] = [
    (0.342_020_143, 0.939_692_621),
    (0.819_152_044, 0.573_576_436),
    (1.0, 0.0),
    (0.819_152_044, -0.573_576_436),
    (0.342_020_143, -0.939_692_621),
];

/// Octaves of gradient noise: `(wavelength_mm, amplitude)`, amplitudes as standard deviations.
pub(super) fn octaves(lattice: Lattice, bands: &[(f64, f32)], x_mm: f64, y_mm: f64, pitch_mm: f64) -> f32 {
    let mut sum = 0.0;
    for (k, &(wavelength_mm, amplitude)) in bands.iter().enumerate() {
        let weight = resolved(wavelength_mm, pitch_mm) * amplitude;
        if weight != 0.0 {
            // Each octave has another corner of the lattice, where its zeros do not meet the others',
            // and another direction: the eye would find a common one.
            let offset = 137.0 * (k as f64 + 1.0);
            let (sin, cos) = TURNS[k % TURNS.len()];
            let (u, v) = (cos * x_mm - sin * y_mm, sin * x_mm + cos * y_mm);
            sum += weight * lattice.noise(1.5 * u / wavelength_mm + offset, 1.5 * v / wavelength_mm - offset);
        }
    }
    sum
}

/// 1 for wavelengths of three pixels and more, 0 below two: what a pixel cannot hold is left out
/// instead of folding back as a false pattern.
fn resolved(wavelength_mm: f64, pitch_mm: f64) -> f32 {
    smoothstep((wavelength_mm / pitch_mm - 2.0) as f32)
}

/// 0 below 0, 1 above 1, and smooth between.
pub(super) fn smoothstep(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

fn quintic(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

/// The largest integer that is not above `v`, and what is left: `f64::floor` is a library call on
/// machines without SSE 4.1, and this runs a hundred times a pixel.
fn split(v: f64) -> (i32, f32) {
    let toward_zero = v as i32;
    let floor = toward_zero - i32::from(v < f64::from(toward_zero));
    (floor, (v - f64::from(floor)) as f32)
}

/// One of 16 directions, half a step off the axes.
fn unit_vector(bits: u32) -> [f32; 2] {
    const A: f32 = 0.980_785_3; // cos 11.25°
    const B: f32 = 0.831_469_6; // cos 33.75°
    const C: f32 = 0.555_570_2; // cos 56.25°
    const D: f32 = 0.195_090_3; // cos 78.75°
    const QUADRANT: [[f32; 2]; 4] = [[A, D], [B, C], [C, B], [D, A]];
    let [x, y] = QUADRANT[(bits & 3) as usize];
    [if bits & 4 == 0 { x } else { -x }, if bits & 8 == 0 { y } else { -y }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_unit_deviation_and_no_mean() {
        let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
        for seed in 0..16 {
            for k in 0..40_000u32 {
                let (x, y) = (f64::from(k % 200) * 0.731 - 40.0, f64::from(k / 200) * 0.733 - 60.0);
                let v = f64::from(Lattice(seed * 7919 + 1).noise(x, y));
                sum += v;
                squares += v * v;
                n += 1.0;
            }
        }
        let sd = (squares / n - (sum / n).powi(2)).sqrt();
        assert!((sum / n).abs() < 0.02, "mean {}", sum / n);
        assert!((sd - 1.0).abs() < 0.02, "standard deviation {sd}");
    }

    #[test]
    fn noise_is_continuous_across_lattice_lines() {
        let lattice = Lattice(5);
        for k in -20..20 {
            let edge = f64::from(k);
            let jump = lattice.noise(edge - 1e-7, 0.37) - lattice.noise(edge + 1e-7, 0.37);
            assert!(jump.abs() < 1e-4, "jump of {jump} at {edge}");
        }
    }

    #[test]
    fn split_is_floor_and_remainder() {
        for v in [-3.0, -2.75, -0.25, 0.0, 0.25, 2.0, 7.5] {
            assert_eq!(split(v), (f64::floor(v) as i32, (v - f64::floor(v)) as f32));
        }
    }

    #[test]
    fn gradients_are_unit_vectors_in_all_directions_alike() {
        let mut moments = [0.0; 3];
        for bits in 0..16 {
            let [x, y] = unit_vector(bits).map(f64::from);
            assert!((x.hypot(y) - 1.0).abs() < 1e-6);
            moments = [moments[0] + x * x, moments[1] + y * y, moments[2] + x * y];
        }
        assert!(
            (moments[0] - 8.0).abs() < 1e-5 && (moments[1] - 8.0).abs() < 1e-5 && moments[2].abs() < 1e-5
        );
    }

    #[test]
    fn nearest_points_agree_with_a_wide_search() {
        // The same points searched over 7 x 7 cells, sorted.
        let lattice = Lattice(77);
        for k in 0..3000u32 {
            let (x, y) = (f64::from(k) * 0.377 % 17.0 - 8.0, f64::from(k) * 0.713 % 13.0 - 6.0);
            let mut all = Vec::new();
            for row in y.floor() as i32 - 3..=y.floor() as i32 + 3 {
                for column in x.floor() as i32 - 3..=x.floor() as i32 + 3 {
                    let bits = lattice.bits(column, row);
                    let px = f64::from(column) + 0.1 + 0.8 * f64::from(bits & 0xffff) / 65535.0;
                    let py = f64::from(row) + 0.1 + 0.8 * f64::from(bits >> 16) / 65535.0;
                    all.push((px - x).hypot(py - y));
                }
            }
            all.sort_by(f64::total_cmp);
            let [first, second] = lattice.two_nearest(x, y);
            assert!((f64::from(first) - all[0]).abs() < 1e-5);
            // The second may in rare cases lie one cell further out, never far from the found one.
            assert!(f64::from(second) - all[1] < 0.12, "{second} against {}", all[1]);
        }
    }
}
