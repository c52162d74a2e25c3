//! How strongly a plane is bent across a line, along the whole of a stretch of it.
//!
//! A Gaussian that is long in one direction is a round one followed by a Gaussian along a line. So
//! the curvature across each direction is taken from second differences of a plane that is smooth
//! already, gathered along the line, and a line must show on all of three neighboring stretches: the
//! least of them counts. What the direction at right angles shows as well is taken off. So a dot
//! alone counts for little: it lies on one stretch, and bends the plane in all directions alike. Where
//! other structure lies on both sides of it, more of it is left.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Plane};
use crate::geometry::Size;
use crate::raster::Raster;

/// `shaders/lines.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "lines", source: include_str!("../../shaders/lines.wgsl") };

/// Directions at which lines are looked for: half a turn in equal steps.
pub const DIRECTIONS: usize = 12;
/// Least share of a stretch that must lie on the mask; a stretch with less is not asked.
const LEAST_SUPPORT: f32 = 0.5;
/// Taps reach this many σ along the line.
const REACH: f64 = 3.0;
/// Steps of a pixel in which places between pixels are told.
const SHARES: f64 = 1024.0;
/// What a stretch reads of which nothing is known: no obstacle to any line.
const UNKNOWN: f32 = 1e9;

/// Lengths of the filter, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Stretches {
    /// σ across, which the plane has been smoothed with.
    pub across: f64,
    /// σ of one stretch along the line, beyond that.
    pub along: f64,
    /// From the middle of one stretch to that of the next.
    pub apart: f64,
}

/// What was found on every pixel.
#[derive(Debug)]
pub struct Lines {
    /// The least curvature of the three stretches, times σ², dark or bright as the plane has high
    /// values; above 0 on lines of high values, 0 elsewhere.
    pub response: Plane,
    /// Place of the direction among [`DIRECTIONS`], 0 along x, the next towards larger y.
    pub direction: Plane,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    xx: f32,
    yy: f32,
    xy: f32,
    taps: u32,
    second: u32,
    direction: f32,
    turn: f32,
    padding: [u32; 3],
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Tap {
    dx: i32,
    dy: i32,
    weight: f32,
    padding: f32,
}

/// Angle of a direction from the x axis, towards larger y.
pub fn angle(direction: usize) -> f64 {
    std::f64::consts::PI * direction as f64 / DIRECTIONS as f64
}

/// Lines of high values in `smooth`, a plane with a Gaussian of `stretches.across` applied, within
/// `mask`. Beyond the border of the plane it is repeated.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn lines(
    engine: &Engine,
    smooth: &Plane,
    mask: &Plane,
    stretches: &Stretches,
) -> Result<Lines, EngineError> {
    let size = smooth.size();
    let zeros = Raster::filled(size, 0.0);
    let mut out = Lines { response: engine.upload_raster(&zeros)?, direction: engine.upload_raster(&zeros)? };
    let turn = DIRECTIONS / 2;
    for direction in 0..turn {
        let one = stretch(engine, smooth, mask, stretches, direction)?;
        let other = stretch(engine, smooth, mask, stretches, direction + turn)?;
        let taps: Vec<Tap> = [direction, direction + turn]
            .into_iter()
            .flat_map(|d| [-1.0, 1.0].map(|side| between(side * stretches.apart, angle(d))))
            .flatten()
            .collect();
        let params = Params {
            width: size.width,
            height: size.height,
            second: 4,
            direction: direction as f32,
            turn: turn as f32,
            ..Params::zeroed()
        };
        match engine.backend() {
            Backend::Cpu(_) => strongest(&params, mask.host(), one.host(), other.host(), &taps, &mut out),
            Backend::Gpu(gpu) => gpu.run(
                Dispatch::new(&KERNEL, "strongest")
                    .constant("UNKNOWN", UNKNOWN.into())
                    .params(&params)
                    .bind(2, mask)
                    .bind(4, &upload(engine, &taps)?)
                    .bind(6, &one)
                    .bind(7, &other)
                    .bind(8, &out.response)
                    .bind(9, &out.direction)
                    .over(size),
            )?,
        }
    }
    Ok(out)
}

/// Curvature across a direction, gathered along it.
fn stretch(
    engine: &Engine,
    smooth: &Plane,
    mask: &Plane,
    stretches: &Stretches,
    direction: usize,
) -> Result<Plane, EngineError> {
    let size = smooth.size();
    let (sine, cosine) = angle(direction).sin_cos();
    let variance = stretches.across * stretches.across;
    let taps = taps_along(stretches, angle(direction));
    let params = Params {
        width: size.width,
        height: size.height,
        xx: (-variance * sine * sine) as f32,
        yy: (-variance * cosine * cosine) as f32,
        // Twice the product, and a quarter from the difference.
        xy: (variance * 0.5 * sine * cosine) as f32,
        taps: taps.len() as u32,
        ..Params::zeroed()
    };
    let mut bent: Plane = engine.grid(size)?;
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            curvature(&params, smooth.host(), mask.host(), bent.host_mut());
            along(&params, bent.host(), mask.host(), &taps, output.host_mut());
        }
        Backend::Gpu(gpu) => {
            gpu.run(
                Dispatch::new(&KERNEL, "curvature")
                    .params(&params)
                    .bind(1, smooth)
                    .bind(2, mask)
                    .bind(3, &bent)
                    .over(size),
            )?;
            gpu.run(
                Dispatch::new(&KERNEL, "along")
                    .constant("LEAST_SUPPORT", LEAST_SUPPORT.into())
                    .constant("UNKNOWN", UNKNOWN.into())
                    .params(&params)
                    .bind(1, &bent)
                    .bind(2, mask)
                    .bind(4, &upload(engine, &taps)?)
                    .bind(5, &output)
                    .over(size),
            )?;
        }
    }
    Ok(output)
}

fn upload(engine: &Engine, taps: &[Tap]) -> Result<Grid<u32>, EngineError> {
    let words: &[u32] = bytemuck::cast_slice(taps);
    engine.upload(Size::new(words.len() as u32, 1), words)
}

/// The two pixels around the place at `distance` along a line, and their shares: the line is followed
/// in whole steps along the axis it is nearer to.
fn between(distance: f64, angle: f64) -> [Tap; 2] {
    let (sine, cosine) = angle.sin_cos();
    let flat = cosine.abs() >= sine.abs();
    let (x, y) = (distance * cosine, distance * sine);
    let (whole, part) =
        if flat { (x.round(), y * (x.round() / x)) } else { (y.round(), x * (y.round() / y)) };
    let part = if part.is_finite() { part } else { 0.0 };
    // Exactly nothing where rounding alone would leave a share.
    let part = (part * SHARES).round() / SHARES;
    let share = part - part.floor();
    [(part.floor(), 1.0 - share), (part.floor() + 1.0, share)].map(|(part, weight)| {
        let (dx, dy) = if flat { (whole, part) } else { (part, whole) };
        Tap { dx: dx as i32, dy: dy as i32, weight: weight as f32, padding: 0.0 }
    })
}

/// Samples of the Gaussian along the line, one σ of the smooth plane apart and not more: so far its
/// values say nothing that their neighbors do not.
fn taps_along(stretches: &Stretches, angle: f64) -> Vec<Tap> {
    let (sine, cosine) = angle.sin_cos();
    let step = stretches.across.floor().max(1.0) / sine.abs().max(cosine.abs());
    let step = step.min(stretches.across.max(1.0) * std::f64::consts::SQRT_2);
    let count = (REACH * stretches.along / step).ceil() as i32;
    let weight = |k: i32| (-0.5 * (f64::from(k) * step / stretches.along).powi(2)).exp();
    let sum: f64 = (-count..=count).map(weight).sum();
    (-count..=count)
        .flat_map(|k| {
            between(f64::from(k) * step, angle)
                .map(|tap| Tap { weight: (f64::from(tap.weight) * weight(k) / sum) as f32, ..tap })
        })
        .filter(|tap| tap.weight > 0.0)
        .collect()
}

fn curvature(p: &Params, smooth: &[f32], mask: &[f32], bent: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    let row = |y: usize| &smooth[y * width..][..width];
    bent.par_chunks_mut(width).enumerate().for_each(|(y, bent)| {
        let around = [row(y.max(1) - 1), row(y), row((y + 1).min(height - 1))];
        let valid = &mask[y * width..][..width];
        let last = width - 1;
        bent[0] = valid[0] * across(p, around, 0, [0, 1.min(last)]);
        let (own, inner) = (*p, &mut bent[..]);
        widest!(move || {
            let [above, here, below] = around;
            let (above, here, below) = (&above[..width], &here[..width], &below[..width]);
            let (valid, inner) = (&valid[..width], &mut inner[..width]);
            for x in 1..width - 1 {
                inner[x] = valid[x] * across(&own, [above, here, below], x, [x - 1, x + 1]);
            }
        });
        bent[last] = valid[last] * across(p, around, last, [last.max(1) - 1, last]);
    });
}

/// Curvature across a direction, of a pixel of the middle one of three rows, given where its neighbors are.
#[inline(always)]
fn across(p: &Params, [above, here, below]: [&[f32]; 3], x: usize, [left, right]: [usize; 2]) -> f32 {
    let center = 2.0 * here[x];
    let xx = here[left] + here[right] - center;
    let yy = above[x] + below[x] - center;
    let xy = above[left] + below[right] - above[right] - below[left];
    p.xx * xx + p.yy * yy + p.xy * xy
}

fn along(p: &Params, bent: &[f32], mask: &[f32], taps: &[Tap], output: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    output.par_chunks_mut(width).enumerate().for_each_init(
        || vec![0.0f32; width],
        |weights, (y, output)| {
            output.fill(0.0);
            weights.fill(0.0);
            for tap in taps {
                let Some((from, here)) = overlap(tap, y, width, height) else { continue };
                let sums = output[here.clone()].iter_mut().zip(&mut weights[here.clone()]);
                let source = bent[from..][..here.len()].iter().zip(&mask[from..][..here.len()]);
                let share = tap.weight;
                widest!(move || {
                    for ((sum, weight), (bent, valid)) in sums.zip(source) {
                        *sum += share * bent;
                        *weight += share * valid;
                    }
                });
            }
            for (output, &weight) in output.iter_mut().zip(weights.iter()) {
                *output = if weight >= LEAST_SUPPORT { *output / weight } else { UNKNOWN };
            }
        },
    );
}

/// Pixels of row `y` whose neighbor at the tap lies on the plane, and where the first one's lies.
fn overlap(tap: &Tap, y: usize, width: usize, height: usize) -> Option<(usize, std::ops::Range<usize>)> {
    let row = y as i64 + i64::from(tap.dy);
    let first = i64::from(-tap.dx).max(0);
    let end = (width as i64 - i64::from(tap.dx)).min(width as i64);
    ((0..height as i64).contains(&row) && first < end).then(|| {
        let from = row * width as i64 + first + i64::from(tap.dx);
        (from as usize, first as usize..end as usize)
    })
}

fn strongest(p: &Params, mask: &[f32], one: &[f32], other: &[f32], taps: &[Tap], out: &mut Lines) {
    let width = p.width as usize;
    let (response, direction) = (out.response.host_mut(), out.direction.host_mut());
    let rows = response.par_chunks_mut(width).zip(direction.par_chunks_mut(width)).enumerate();
    rows.for_each_init(
        || [vec![0.0f32; width], vec![0.0f32; width], vec![0.0f32; width]],
        |[first, second, side], (y, (response, direction))| {
            let here = y * width..(y + 1) * width;
            let (one_row, other_row) = (&one[here.clone()], &other[here.clone()]);
            least(p, one, &taps[..4], y, first, side);
            least(p, other, &taps[4..], y, second, side);
            for (x, &valid) in mask[here].iter().enumerate() {
                if valid < 0.5 || one_row[x] >= UNKNOWN || other_row[x] >= UNKNOWN {
                    continue;
                }
                let (a, b) = (first[x], second[x]);
                let (first, turned) = (a - b.max(0.0), b - a.max(0.0));
                if first > response[x] {
                    response[x] = first;
                    direction[x] = p.direction;
                }
                if turned > response[x] {
                    response[x] = turned;
                    direction[x] = p.direction + p.turn;
                }
            }
        },
    );
}

/// The least of a stretch and the two beside it, on row `y`.
fn least(p: &Params, plane: &[f32], taps: &[Tap], y: usize, output: &mut [f32], side: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    output.copy_from_slice(&plane[y * width..][..width]);
    for pair in taps.chunks(2) {
        side.fill(0.0);
        for tap in pair.iter().filter(|tap| tap.weight > 0.0) {
            let Some((from, here)) = overlap(tap, y, width, height) else {
                side.fill(UNKNOWN);
                continue;
            };
            side[..here.start].fill(UNKNOWN);
            side[here.end..].fill(UNKNOWN);
            for (side, value) in side[here.clone()].iter_mut().zip(&plane[from..][..here.len()]) {
                *side += tap.weight * value;
            }
        }
        for (output, side) in output.iter_mut().zip(side.iter()) {
            *output = output.min(*side);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};

    const SHAPE: Stretches = Stretches { across: 3.0, along: 5.0, apart: 10.0 };
    const SIZE: Size = Size { width: 121, height: 111 };
    const CENTER: (u32, u32) = (60, 55);

    /// exp(−u²/2s²) of the distance u from a line through the center.
    fn line(angle: f64, s: f64) -> Raster {
        Raster::from_fn(SIZE, |x, y| {
            let (x, y) = (f64::from(x) - 60.0, f64::from(y) - 55.0);
            let u = y * angle.cos() - x * angle.sin();
            (-0.5 * (u / s).powi(2)).exp() as f32
        })
    }

    fn found(plane: &Raster, mask: &Raster) -> (Raster, Raster) {
        let engine = cpu();
        let (plane, mask) = (engine.upload_raster(plane).unwrap(), engine.upload_raster(mask).unwrap());
        let lines = lines(engine, &plane, &mask, &SHAPE).unwrap();
        (engine.download_raster(&lines.response).unwrap(), engine.download_raster(&lines.direction).unwrap())
    }

    fn everywhere() -> Raster {
        Raster::filled(SIZE, 1.0)
    }

    /// Second differences instead of derivatives take 1.5 % of a line of σ 4, straight lines between
    /// pixels up to 2.3 %, and the least of three stretches is the one that loses most.
    const TOLERANCE: f32 = 0.05;

    #[test]
    fn a_line_reads_its_curvature_in_each_of_twelve_directions() {
        for direction in 0..DIRECTIONS {
            let s = 4.0;
            let (response, directions) = found(&line(angle(direction), s), &everywhere());
            // −σ²·d²/du² exp(−u²/2s²) at u = 0.
            let expected = (SHAPE.across / s).powi(2) as f32;
            let read = response.at(CENTER.0, CENTER.1);
            assert!((read / expected - 1.0).abs() < TOLERANCE, "{direction}: {read}, expected {expected}");
            assert_eq!(directions.at(CENTER.0, CENTER.1), direction as f32);
        }
    }

    #[test]
    fn a_bright_line_between_dark_sides_is_none() {
        let (response, _) = found(&line(0.4, 4.0).map(|v| -v), &everywhere());
        assert!(response.at(CENTER.0, CENTER.1) == 0.0);
    }

    #[test]
    fn dots_edges_and_slopes_count_for_little() {
        let line = found(&line(0.0, 4.0), &everywhere()).0.at(CENTER.0, CENTER.1);
        let dot = |s: f64| {
            Raster::from_fn(SIZE, |x, y| {
                let (x, y) = (f64::from(x) - 60.3, f64::from(y) - 54.8);
                (-0.5 * (x * x + y * y) / (s * s)).exp() as f32
            })
        };
        for s in [3.2, 4.0, 6.0] {
            let most = found(&dot(s), &everywhere()).0.data().iter().copied().fold(0.0, f32::max);
            assert!(most < 0.1 * line, "a dot of {s}: {most} against {line}");
        }
        let slope = Raster::from_fn(SIZE, |x, y| 0.2 * x as f32 - 0.1 * y as f32);
        // Beyond the border the slope ends: look inside.
        let (response, _) = found(&slope, &everywhere());
        assert!((20..90).all(|y| (20..100).all(|x| response.at(x, y) < 1e-3 * line)));
    }

    #[test]
    fn a_line_reads_the_same_where_skin_ends_beside_it() {
        let mask = Raster::from_fn(SIZE, |x, _| f32::from(x <= 62));
        let (response, _) = found(&line(0.0, 4.0), &mask);
        let (whole, _) = found(&line(0.0, 4.0), &everywhere());
        let (cut, whole) = (response.at(CENTER.0, CENTER.1), whole.at(CENTER.0, CENTER.1));
        assert!((cut / whole - 1.0).abs() < 0.01, "{cut} against {whole}");
        assert_eq!(response.at(70, 55), 0.0);
    }

    /// The literal sum over the plane of one direction, with f64.
    #[test]
    fn stretches_are_weighted_means_along_the_line() {
        let size = Size::new(41, 37);
        let engine = cpu();
        let (plane, mask) = (noise(size, 3), random_mask(size, 4, 0.8));
        let smooth = engine.upload_raster(&plane).unwrap();
        let valid = engine.upload_raster(&mask).unwrap();
        for direction in [0, 2, 5, 6, 10] {
            let output = stretch(engine, &smooth, &valid, &SHAPE, direction).unwrap();
            let output = engine.download_raster(&output).unwrap();
            let (sine, cosine) = angle(direction).sin_cos();
            let (mut compared, (x0, y0)) = (0, (20i64, 18i64));
            let (mut sum, mut weight) = (0.0, 0.0);
            for tap in taps_along(&SHAPE, angle(direction)) {
                let (x, y) = (x0 + i64::from(tap.dx), y0 + i64::from(tap.dy));
                // Never further from the line than one pixel.
                let off = f64::from(tap.dy) * cosine - f64::from(tap.dx) * sine;
                assert!(off.abs() <= 1.0, "{tap:?}");
                if !(0..41).contains(&x) || !(0..37).contains(&y) {
                    continue;
                }
                let at = |dx: i64, dy: i64| {
                    f64::from(plane.at((x + dx).clamp(0, 40) as u32, (y + dy).clamp(0, 36) as u32))
                };
                let xx = at(1, 0) + at(-1, 0) - 2.0 * at(0, 0);
                let yy = at(0, 1) + at(0, -1) - 2.0 * at(0, 0);
                let xy = 0.25 * (at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1));
                let bent = -9.0 * (sine * sine * xx + cosine * cosine * yy - 2.0 * sine * cosine * xy);
                let valid = f64::from(mask.at(x as u32, y as u32));
                sum += f64::from(tap.weight) * valid * bent;
                weight += f64::from(tap.weight) * valid;
                compared += 1;
            }
            assert!(compared > 8 && weight > 0.5);
            let expected = sum / weight;
            let read = f64::from(output.at(20, 18));
            assert!((read - expected).abs() < 1e-3, "{direction}: {read}, expected {expected}");
        }
    }

    #[test]
    fn taps_sum_to_one_and_keep_the_middle() {
        for direction in 0..DIRECTIONS {
            let taps = taps_along(&SHAPE, angle(direction));
            let moment = |of: fn(&Tap) -> f32| taps.iter().map(|t| t.weight * of(t)).sum::<f32>();
            assert!((moment(|_| 1.0) - 1.0).abs() < 1e-5);
            assert!(moment(|t| t.dx as f32).abs() < 1e-4 && moment(|t| t.dy as f32).abs() < 1e-4);
            let spread = moment(|t| (t.dx * t.dx + t.dy * t.dy) as f32);
            assert!((spread.sqrt() / SHAPE.along as f32 - 1.0).abs() < 0.03, "{direction}: {spread}");
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-4, |engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.9))?;
                engine.download(&lines(engine, &plane, &mask, &SHAPE)?.response)
            });
        }
    }
}
