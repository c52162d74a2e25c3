//! One scale, one mask, one sharpness, one color: photographs made comparable on the working grid.

use tracing::debug_span;

use super::absolute::Absolute;
use super::beside;
use super::capture::Capture;
use super::color::{self, Matched};
use super::lacks::{self, Lacks};
use super::options::{Options, Selections};
use super::parts::{self, Part};
use super::quality;
use super::registration::{Maps, width_px};
use crate::align::SkinMap;
use crate::calibrate::noise::noise_sd;
use crate::calibrate::sharpness::{self, EQUAL};
use crate::calibrate::target::ColorError;
use crate::calibrate::{
    LightComparison, ScaleInput, WorkingScale, clip_limits, detail_power, encoded, equalizing_sigma,
    working_scale,
};
use crate::engine::{Engine, EngineError, Labels, Plane};
use crate::geometry::Size;
use crate::measure::{Frame, Scale, relief};
use crate::ops::autocorrelation::decay;
use crate::ops::gaussian::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::median;
use crate::ops::resample::{Linear, resample};
use crate::ops::sums::moments;
use crate::ops::unmix::{DEFAULT_ANALYSIS, green_density, unmix};
use crate::ops::warp::{Lattice, block_labels, warp_nearest};
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::{Excluded, ExcludedShares, Selection, exclude, refuse_if_too_little};

/// Spacing of the lattice that carries masks, in pixels: the motion of skin is straight between.
const LATTICE_PX: u32 = 8;
/// Blocks are squares of so many autocorrelation lengths, and of at least and at most so many mm.
const BLOCK_LENGTHS: f64 = 4.0;
const LEAST_BLOCK_MM: f64 = 2.0;
/// A region is parted into at least so many blocks where it is small.
const BLOCKS: f64 = 30.0;
/// Least skin, in pixels of the working grid, that anything is read on.
pub(super) const LEAST_PIXELS: u64 = 10_000;

/// One photograph, comparable.
pub(super) struct Prepared<'a> {
    pub frame: Frame<'a>,
    pub facts: GridFacts,
}

/// What became of a photograph on the way, for the report.
#[derive(Debug, Clone)]
pub(super) struct GridFacts {
    /// Position among the photographs that were given.
    pub index: usize,
    /// Working pixels of this photograph from those of the first.
    pub this_from_first: SkinMap,
    pub excluded: ExcludedShares,
    pub valid_percent: f64,
    /// RMS of the finest octave, and noise, before matching, in mOD.
    pub sharpness: f64,
    pub noise: f64,
    /// Median linear luminance.
    pub exposure: f64,
    /// Why the photograph is not all that it could be.
    pub quality: Vec<Reason>,
    /// Blur that brought it to the softest photograph's sharpness, in working pixels.
    pub blur_px: f64,
}

impl GridFacts {
    /// Mean square of the finest octave, in OD².
    pub fn top_octave_power(&self) -> f64 {
        (self.sharpness / 1000.0).powi(2)
    }

    /// What of it is skin, not noise.
    pub fn detail_power(&self) -> f64 {
        detail_power(self.top_octave_power(), self.noise / 1000.0)
    }
}

/// All photographs, comparable; the first is the one before treatment.
pub(super) struct Set<'a> {
    pub photos: Vec<Prepared<'a>>,
    pub before_count: usize,
    pub scale: WorkingScale,
    pub color: Option<Matched>,
    /// True colors, by a chart or a card that every photograph shows.
    pub absolute: Option<Absolute>,
    /// How far off true colors leave a change of color.
    pub color_error: Option<ColorError>,
    /// What there is to say of what lies beside the skin.
    pub notes: Vec<Reason>,
    /// How the light of the pair compares, where that can be told.
    pub light: Option<LightComparison>,
    /// What the pair does not have alike.
    pub lacks: Lacks,
    /// Why the pair is limited.
    pub limits: Vec<Reason>,
    pub dropped: Vec<Reason>,
    /// Named parts of the region, as they were given.
    pub parts: Vec<Part>,
}

impl Set<'_> {
    /// The photograph after treatment that is compared.
    pub fn after(&self) -> Option<&Prepared<'_>> {
        self.photos.get(self.before_count)
    }
}

/// A photograph on the working grid before it is matched.
struct OnGrid {
    index: usize,
    linear: Linear,
    /// How much brighter a correction of colors made it.
    brightened: f64,
    excluded: Excluded,
    reference: Option<Plane>,
    this_from_first: SkinMap,
}

/// Photographs made comparable, or why they cannot be.
pub(super) fn prepare<'a>(
    engine: &'a Engine,
    captures: &[Capture<'_>],
    region: &Raster,
    maps: &Maps,
    selections: &Selections,
    options: &Options,
) -> Result<Result<Set<'a>, Vec<Reason>>, EngineError> {
    let used: Vec<usize> = (0..captures.len()).filter(|&i| maps.maps[i].is_some()).collect();
    let scale = scale_of(captures, region, maps, &used, options);
    let after = used.iter().position(|&i| i >= maps.before_count);
    let absolute = Absolute::of(captures, &used, after);
    let mut on_grid: Vec<OnGrid> = Vec::with_capacity(used.len());
    let mut parts = Part::all(&selections.named);
    for (place, &index) in used.iter().enumerate() {
        let capture = &captures[index];
        let factor = scale.factors[place];
        let photo = capture.photo;
        let resampled = || resample(engine, encoded(photo), photo.size, factor, clip_limits(photo));
        let mut linear = debug_span!("resample").in_scope(resampled)?;
        let brightened = match &absolute {
            Some(absolute) => absolute.apply(engine, place, &mut linear)?,
            None => 1.0,
        };
        let this_from_first =
            maps.maps[index].as_ref().map_or_else(SkinMap::identity, |m| m.this_from_first.clone());
        let this_from_first = this_from_first.rescaled(scale.factors[0], factor);
        let size = linear.clipped.size();
        let (inside, marked) = match on_grid.first() {
            None => first_regions(engine, capture, region, selections, size, factor)?,
            Some(first) => {
                carried_regions(engine, first, capture, selections, size, factor, &this_from_first)?
            }
        };
        let (inside, marked) = match capture.beside.on_grid(photo.size, size) {
            Some(covered) => {
                let covered = engine.upload_raster(&covered)?;
                let take = |mask: &Plane| pointwise(engine, Op::Without, &covered, mask);
                (take(&inside)?, marked.as_ref().map(take).transpose()?)
            }
            None => (inside, marked),
        };
        let exclude = |region: &Plane| exclude(engine, &linear, region, scale.px_per_mm);
        let reference = marked.as_ref().map(exclude).transpose()?.map(|(excluded, _)| excluded.valid);
        let (mut excluded, lost) = debug_span!("exclude").in_scope(|| exclude(&inside))?;
        let first_grid = on_grid.first().map_or(size, |first| first.excluded.valid.size());
        let map = (!on_grid.is_empty()).then_some(&this_from_first);
        let at = parts::Place { photo: captures[0].photo.size, first_grid, grid: size, map };
        let refused =
            parts::refuse_lost(engine, &mut parts, &at, &photo.name, &inside, &mut excluded, &lost)?;
        if let Err(reasons) = refused {
            return Ok(Err(reasons));
        }
        drop(lost);
        if let Some(reason) = refuse_if_too_little(excluded.valid_percent) {
            let message = format!("{}: {}", photo.name, reason.message);
            return Ok(Err(vec![Reason { message, ..reason }]));
        }
        on_grid.push(OnGrid { index, linear, brightened, excluded, reference, this_from_first });
    }
    let masks = common_masks(engine, &on_grid)?;
    let valid_pixels = moments(engine, &masks[0], &masks[0], 0.0)?.count;
    if valid_pixels < LEAST_PIXELS {
        let message = "too few pixels of skin are valid in every photograph";
        let (found, needed) = (valid_pixels as f64, LEAST_PIXELS as f64);
        return Ok(Err(vec![Reason::limit("too_little_valid_skin", message, found, needed)]));
    }

    let mut limits = maps.limits.clone();
    let sharpness = debug_span!("sharpness").entered();
    let mut facts = look(engine, &on_grid, &masks)?;
    let known = scale.is_known();
    for (place, facts) in facts.iter_mut().enumerate() {
        let photo = captures[facts.index].photo;
        facts.quality = quality::of_file(photo);
        let native = known.then_some(scale.native_px_per_mm[place]);
        facts.quality.extend(quality::of_skin(photo, facts, native));
    }
    let pair = [0, used.iter().filter(|&&i| i < maps.before_count).count()];
    for facts in pair.iter().filter_map(|&place| facts.get(place)) {
        let name = &captures[facts.index].photo.name;
        limits.extend(facts.quality.iter().map(|reason| {
            let message = format!("{name}: {}", reason.message);
            Reason { message, ..reason.clone() }
        }));
    }
    match_sharpness(engine, &mut on_grid, &masks, &mut facts)?;
    drop(sharpness);

    let grid = Scale { px_per_mm: scale.px_per_mm, native_px_per_mm: scale.coarsest_px_per_mm(), known };
    let mut photos: Vec<Prepared<'a>> = Vec::with_capacity(on_grid.len());
    let mut color = None;
    for (place, (one, mask)) in on_grid.into_iter().zip(masks).enumerate() {
        let OnGrid { linear, reference, this_from_first, .. } = one;
        let [r, g, b] = linear.rgb;
        let chromophores = unmix(engine, [&r, &g, &b], &DEFAULT_ANALYSIS, [0.0; 3])?;
        let size = mask.size();
        let mut frame = Frame {
            engine,
            scale: grid,
            rgb: [r, g, b],
            chromophores,
            valid_pixels: moments(engine, &mask, &mask, 0.0)?.count,
            mask,
            reference,
            blocks: engine.upload(Size::new(1, 1), &[0u32])?,
            block_count: 0,
            scars: None,
            patches: None,
            with_layers: options.pictures && (place == pair[0] || place == pair[1]),
        };
        match photos.first() {
            None => {
                (frame.blocks, frame.block_count) = debug_span!("blocks").in_scope(|| blocks(&frame))?;
            }
            Some(first) => {
                let first = &first.frame;
                let from_this = |x, y| this_from_first.apply_inverse(x, y);
                frame.blocks = carry(engine, &first.blocks, size, from_this)?;
                frame.block_count = first.block_count;
                // True colors are not matched: a change of the whole region would be lost.
                if absolute.is_none() {
                    let matched = debug_span!("color")
                        .in_scope(|| color::match_to_first(first, &mut frame, &this_from_first))?;
                    if place == pair[1] {
                        color = matched;
                    }
                }
            }
        }
        photos.push(Prepared { frame, facts: facts[place].clone() });
    }
    if photos.len() > 1 && color.is_none() && absolute.is_none() && pair[1] < photos.len() {
        limits.push(Reason::new("color_not_matched", "too little common skin to match the colors on"));
    }
    let (light, lacks) = match photos.get(pair[1]).filter(|_| pair[1] > 0) {
        Some(after) => debug_span!("alike").in_scope(|| lacks::compare(&photos[0], after))?,
        None => (None, Lacks::default()),
    };
    limits.extend(lacks.all().cloned());
    let dropped = maps.dropped.clone();
    let color_error = absolute.as_ref().and_then(|absolute| {
        let skin = center(region).map(|v| v / captures[0].factor);
        let cm = absolute.distance_px(&captures[0].beside, skin) / scale.native_px_per_mm[0] / 10.0;
        // Light that falls off otherwise on the second visit reaches the skin otherwise than the patches.
        let falloff = light.map_or(0.0, |found| found.shading_gradient_od_per_cm);
        Some(absolute.change_error(pair[1])?.dimmed(falloff * cm))
    });
    let notes = beside::notes(captures, &used, &scale, maps, absolute.as_ref(), options);
    Ok(Ok(Set {
        photos,
        before_count: pair[1],
        scale,
        color,
        absolute,
        color_error,
        notes,
        light,
        lacks,
        limits,
        dropped,
        parts,
    }))
}

/// Center of gravity of a mask, in its pixels.
fn center(mask: &Raster) -> [f64; 2] {
    let mut sums = [0.0; 3];
    for y in 0..mask.size().height {
        for (x, &weight) in mask.row(y).iter().enumerate() {
            let at = [1.0, x as f64 + 0.5, f64::from(y) + 0.5];
            sums.iter_mut().zip(at).for_each(|(sum, v)| *sum += f64::from(weight) * v);
        }
    }
    [sums[1] / sums[0], sums[2] / sums[0]]
}

fn scale_of(
    captures: &[Capture<'_>],
    region: &Raster,
    maps: &Maps,
    used: &[usize],
    options: &Options,
) -> WorkingScale {
    let ratio = |i: usize| maps.maps[i].as_ref().map_or(1.0, |m| m.ratio);
    let first = beside::scale_of_first(options, captures, maps.before_count, ratio);
    let inputs: Vec<ScaleInput> = used
        .iter()
        .map(|&i| ScaleInput {
            size: captures[i].photo.size,
            known: if i == 0 { first } else { None },
            ratio_to_first: ratio(i),
        })
        .collect();
    working_scale(&inputs, width_px(region) / captures[0].factor)
}

/// The region of the first photograph on its working grid, and the untreated skin marked there.
fn first_regions(
    engine: &Engine,
    capture: &Capture<'_>,
    region: &Raster,
    selections: &Selections,
    size: Size,
    factor: f64,
) -> Result<(Plane, Option<Plane>), EngineError> {
    // The user's own outlines, as sharp as the grid.
    let sharp = |selection: &Selection| engine.upload_raster(&selection.on_grid(capture.photo.size, size));
    let inside = match (&selections.region, &selections.reference) {
        (Some(selection), None) => sharp(selection)?,
        _ => overview_on_grid(engine, region, size, capture.factor / factor)?,
    };
    Ok((inside, selections.reference.as_ref().map(sharp).transpose()?))
}

/// What is valid of both on the first photograph, carried to this one.
fn carried_regions(
    engine: &Engine,
    first: &OnGrid,
    capture: &Capture<'_>,
    selections: &Selections,
    size: Size,
    factor: f64,
    this_from_first: &SkinMap,
) -> Result<(Plane, Option<Plane>), EngineError> {
    let from_this = |x, y| this_from_first.apply_inverse(x, y);
    let carried = carry(engine, &first.excluded.valid, size, from_this)?;
    let inside = match selections.region {
        Some(_) => carried,
        // Skin that was found here must have been found there too.
        None => {
            let own = overview_on_grid(engine, &capture.skin, size, capture.factor / factor)?;
            pointwise(engine, Op::Multiply, &carried, &own)?
        }
    };
    let marked = first.reference.as_ref().map(|marked| carry(engine, marked, size, from_this)).transpose()?;
    Ok((inside, marked))
}

/// A mask of the small version on the working grid; `ratio` is small pixels per working pixel.
fn overview_on_grid(engine: &Engine, mask: &Raster, size: Size, ratio: f64) -> Result<Plane, EngineError> {
    let lattice = Lattice::from_fn(size, LATTICE_PX, |x, y| (x * ratio, y * ratio));
    warp_nearest(engine, &engine.upload_raster(mask)?, size, &lattice)
}

/// A mask or labels of another photograph on this one's grid of size `size`.
pub(super) fn carry<T: crate::engine::Element>(
    engine: &Engine,
    grid: &crate::engine::Grid<T>,
    size: Size,
    source_from_this: impl Fn(f64, f64) -> (f64, f64),
) -> Result<crate::engine::Grid<T>, EngineError> {
    warp_nearest(engine, grid, size, &Lattice::from_fn(size, LATTICE_PX, source_from_this))
}

/// For each photograph the skin that is valid in all of them.
fn common_masks(engine: &Engine, photos: &[OnGrid]) -> Result<Vec<Plane>, EngineError> {
    let first = &photos[0].excluded.valid;
    let mut common = pointwise(engine, Op::Multiply, first, first)?;
    for photo in &photos[1..] {
        let map = &photo.this_from_first;
        let carried = carry(engine, &photo.excluded.valid, common.size(), |x, y| map.apply(x, y))?;
        common = pointwise(engine, Op::Multiply, &carried, &common)?;
    }
    let mut masks = Vec::with_capacity(photos.len());
    for photo in &photos[1..] {
        let valid = &photo.excluded.valid;
        let map = &photo.this_from_first;
        let carried = carry(engine, &common, valid.size(), |x, y| map.apply_inverse(x, y))?;
        masks.push(pointwise(engine, Op::Multiply, &carried, valid)?);
    }
    masks.insert(0, common);
    Ok(masks)
}

/// Sharpness, noise and exposure of every photograph, on the common skin.
fn look(engine: &Engine, photos: &[OnGrid], masks: &[Plane]) -> Result<Vec<GridFacts>, EngineError> {
    let mut out = Vec::with_capacity(photos.len());
    for (photo, mask) in photos.iter().zip(masks) {
        let density = green_density(engine, &photo.linear.rgb)?;
        let (fine, support) = sharpness::top_octave(engine, &density, mask)?;
        let power = moments(engine, &fine, &support, 0.0)?.rms();
        let noise = noise_sd(engine, &density, mask)?;
        out.push(GridFacts {
            index: photo.index,
            this_from_first: photo.this_from_first.clone(),
            excluded: photo.excluded.shares,
            valid_percent: photo.excluded.valid_percent,
            sharpness: 1000.0 * power,
            noise: 1000.0 * noise,
            exposure: median(engine, &photo.linear.rgb[1], mask)?.map_or(0.0, f64::from) / photo.brightened,
            quality: Vec::new(),
            blur_px: 0.0,
        });
    }
    Ok(out)
}

/// Blurs what is sharper than the softest.
fn match_sharpness(
    engine: &Engine,
    photos: &mut [OnGrid],
    masks: &[Plane],
    facts: &mut [GridFacts],
) -> Result<(), EngineError> {
    let softest = facts.iter().map(GridFacts::top_octave_power).fold(f64::INFINITY, f64::min);
    for ((photo, mask), facts) in photos.iter_mut().zip(masks).zip(facts) {
        if facts.top_octave_power() <= EQUAL.1 * softest {
            continue;
        }
        facts.blur_px = equalizing_sigma(engine, &green_density(engine, &photo.linear.rgb)?, mask, softest)?;
        if facts.blur_px > 0.0 {
            // Highlights and hair must not bleed into the skin beside them.
            let filter = Masked::new(engine, &photo.excluded.valid, facts.blur_px)?;
            for plane in &mut photo.linear.rgb {
                *plane = filter.apply_or(engine, plane, plane, 0.1)?;
            }
        }
    }
    Ok(())
}

/// Squares of four autocorrelation lengths of the relief, nearly independent of each other.
pub(super) fn blocks(frame: &Frame<'_>) -> Result<(Labels, u32), EngineError> {
    let band = relief::band(frame, &frame.mask, relief::FINE_MM, relief::COARSE_MM)?;
    let longest = frame.px(relief::LONGEST_LAG_MM) as f32;
    let length =
        decay(frame.engine, &band.plane, &band.mask, longest)?.map_or(0.0, |d| f64::from(d.shortest_px));
    let most = (frame.valid_pixels as f64 / BLOCKS).sqrt();
    let side = (BLOCK_LENGTHS * length).max(frame.px(LEAST_BLOCK_MM)).min(most).round().max(4.0);
    block_labels(frame.engine, side as u32, &frame.mask)
}
