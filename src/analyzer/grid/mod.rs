//! One scale, one mask, one sharpness, one color: photographs made comparable on the working grid.

mod blocks;
mod focus;
mod on_grid;
mod regions;
mod sharpness;

use tracing::debug_span;

pub(super) use blocks::blocks;
pub(super) use focus::detail_ratio;
pub(super) use regions::carry;

use self::on_grid::{Layout, OnGrid};
use self::regions::{center, common_masks, common_references};
use self::sharpness::{look, match_sharpness};
use super::absolute::Absolute;
use super::beside;
use super::capture::Capture;
use super::color::{self, Matched};
use super::lacks::{self, Lacks};
use super::options::{Options, Selections};
use super::parts::Part;
use super::quality;
use super::registration::{Maps, width_px};
use super::relief;
use super::stop::Stop;
use super::stretch;
use crate::align::SkinMap;
use crate::calibrate::focus::FocusComparison;
use crate::calibrate::target::ColorError;
use crate::calibrate::{LightComparison, ScaleInput, WorkingScale, detail_power, working_scale};
use crate::change::Setting;
use crate::engine::{Engine, Resting};
use crate::geometry::Size;
use crate::height::Relief;
use crate::measure::{Frame, Scale};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::sums::moments;
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::ExcludedShares;
use crate::report::pictures::Drawn;

/// Least skin, in pixels of the working grid, that anything is read on.
pub(super) const LEAST_PIXELS: u64 = 10_000;

/// One photograph, comparable.
pub(super) struct Prepared<'a> {
    pub frame: Frame<'a>,
    pub facts: GridFacts,
    /// On the first photograph, the skin that it shows and another does not.
    pub hidden: Option<Resting<f32>>,
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
    /// Focus against the first photograph; `None` of the first, where untreated skin rules, and where too little is seen.
    pub focus: Option<FocusComparison>,
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
    /// True if both visits come from one fixed set-up, as the user says.
    pub light_fixed: bool,
    /// How far the camera was tilted between the photographs of the pair.
    pub tilt_deg: Option<f64>,
    /// What the pair does not have alike.
    pub lacks: Lacks,
    /// Why the pair is limited.
    pub limits: Vec<Reason>,
    /// In what kind of pair noise must have been measured to speak for this one.
    pub setting: Setting,
    pub dropped: Vec<Reason>,
    /// Named parts of the region, as they were given.
    pub parts: Vec<Part>,
    /// Which pictures are asked for.
    pub drawn: Drawn,
}

impl Set<'_> {
    /// The photograph after treatment that is compared.
    pub fn after(&self) -> Option<&Prepared<'_>> {
        self.photos.get(self.before_count)
    }

    /// Change of ln contrast of fine texture that the focus can have made.
    pub fn texture_by_focus_ln(&self) -> f64 {
        self.after().map_or(0.0, |after| {
            focus::texture_ln([&self.photos[0].facts, &after.facts], self.scale.px_per_mm)
        })
    }
}

/// Photographs made comparable, or why they cannot be; `reliefs` are the true heights of each.
pub(super) fn prepare<'a>(
    engine: &'a Engine,
    captures: &[Capture<'_>],
    region: &Raster,
    maps: &Maps,
    selections: &Selections,
    reliefs: &[Option<Relief>],
    options: &Options,
) -> Result<Set<'a>, Stop> {
    let used: Vec<usize> = (0..captures.len()).filter(|&i| maps.maps[i].is_some()).collect();
    let scale = scale_of(captures, region, maps, &used, options);
    let before_count = used.iter().filter(|&&i| i < maps.before_count).count();
    let pair = [0, before_count];
    let absolute = Absolute::of(captures, &used, (before_count < used.len()).then_some(before_count));
    let layout =
        Layout { engine, captures, region, maps, selections, scale: &scale, absolute: absolute.as_ref() };
    let mut parts = Part::all(&selections.named);
    let mut on_grid: Vec<OnGrid> = Vec::with_capacity(used.len());
    for (place, &index) in used.iter().enumerate() {
        let one = layout.lay(place, index, on_grid.first(), &mut parts)?;
        on_grid.push(one);
    }
    let masks = common_masks(engine, &on_grid)?;
    let valid_pixels = moments(engine, &masks[0], &masks[0], 0.0)?.count;
    if valid_pixels < LEAST_PIXELS {
        let message = "too little skin is bare and well exposed on every photograph, in pixels";
        let (found, needed) = (valid_pixels as f64, LEAST_PIXELS as f64);
        return Err(Reason::limit("too_little_valid_skin", message, found, needed).into());
    }

    let mut limits = maps.limits.clone();
    let sharpness = debug_span!("sharpness").entered();
    // A treatment that smooths skin looks like blur, and matching would undo it: told on untreated skin, if there is.
    let references = common_references(engine, &on_grid)?;
    let untreated = match &references {
        Some(all) if moments(engine, &all[0], &all[0], 0.0)?.count >= LEAST_PIXELS => Some(all),
        _ => None,
    };
    let still = untreated.unwrap_or(&masks);
    let mut facts = look(engine, &on_grid, &masks, still)?;
    if untreated.is_none() {
        focus::compare_all(engine, &on_grid, &masks, scale.px_per_mm, &mut facts)?;
    }
    let known = scale.is_known();
    for (place, facts) in facts.iter_mut().enumerate() {
        let photo = captures[facts.index].photo;
        facts.quality = quality::of_file(photo);
        let native = known.then_some(scale.native_px_per_mm[place]);
        facts.quality.extend(quality::of_skin(photo, facts, native));
    }
    for facts in pair.iter().filter_map(|&place| facts.get(place)) {
        let name = &captures[facts.index].photo.name;
        limits.extend(facts.quality.iter().map(|reason| {
            let message = format!("{name}: {}", reason.message);
            Reason { message, ..reason.clone() }
        }));
    }
    match_sharpness(engine, &mut on_grid, still, scale.px_per_mm, &mut facts)?;
    drop(sharpness);

    let grid = Scale { px_per_mm: scale.px_per_mm, native_px_per_mm: scale.coarsest_px_per_mm(), known };
    let mut photos: Vec<Prepared<'a>> = Vec::with_capacity(on_grid.len());
    let mut color = None;
    let mut references = references.into_iter().flatten();
    for (place, (one, mask)) in on_grid.into_iter().zip(masks).enumerate() {
        let OnGrid { linear, this_from_first, excluded, .. } = one;
        let hidden = match place {
            0 if used.len() > 1 => {
                Some(Resting::of(engine, pointwise(engine, Op::Without, &mask, &excluded.valid)?))
            }
            _ => None,
        };
        let size = mask.size();
        let mut frame = Frame {
            engine,
            scale: grid,
            rgb: linear.rgb,
            valid_pixels: moments(engine, &mask, &mask, 0.0)?.count,
            mask,
            reference: references.next(),
            blocks: engine.upload(Size::new(1, 1), &[0u32])?,
            block_count: 0,
            scars: None,
            patches: None,
            diffuse: None,
            stretch: Err(stretch::alone()),
            height: None,
            hollows: None,
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
        photos.push(Prepared { frame, facts: facts[place].clone(), hidden });
    }
    debug_span!("heights").in_scope(|| relief::lay(engine, &mut photos, captures, reliefs, &scale))?;
    let unmatched = photos.len() > 1 && color.is_none() && absolute.is_none() && pair[1] < photos.len();
    let unmatched = unmatched.then(lacks::color_not_matched);
    limits.extend(unmatched.clone());
    // On the working grid, all the motion that was seen.
    let followed = |place: usize, photo: &Prepared<'_>| {
        let map = maps.maps[photo.facts.index].as_ref();
        map.map_or_else(SkinMap::identity, |map| map.followed.clone())
            .rescaled(scale.factors[0], scale.factors[place])
    };
    if photos.len() > 1 {
        debug_span!("stretch").in_scope(|| stretched(&mut photos, followed))?;
    }
    let (light, mut lacks) = match photos.get(pair[1]).filter(|_| pair[1] > 0) {
        Some(after) => debug_span!("alike").in_scope(|| lacks::compare(&photos[0], after))?,
        None => (None, Lacks::default()),
    };
    limits.extend(lacks.limits().cloned());
    lacks.color = unmatched;
    let tilt_deg = match photos.get(pair[1]).filter(|_| pair[1] > 0) {
        Some(after) => {
            let tilt = stretch::tilt(&photos[0].frame, &followed(pair[1], after))?;
            lacks.pose = lacks::pose_differs(tilt);
            lacks.repeats = (photos.len() == 2).then(lacks::no_repeats);
            tilt
        }
        None => None,
    };
    let dropped = maps.dropped.clone();
    let color_error = absolute.as_ref().and_then(|absolute| {
        let skin = center(region).map(|v| v / captures[0].factor);
        let cm = absolute.distance_px(&captures[0].beside, skin) / scale.native_px_per_mm[0] / 10.0;
        // Light that falls off otherwise on the second visit reaches the skin otherwise than the patches.
        let falloff = light.map_or(0.0, |found| found.shading_gradient_od_per_cm);
        Some(absolute.change_error(pair[1])?.dimmed(falloff * cm))
    });
    let mut notes = beside::notes(captures, &used, &scale, maps, absolute.as_ref(), options);
    notes.extend(lacks.noise.clone());
    Ok(Set {
        photos,
        before_count,
        scale,
        color,
        absolute,
        color_error,
        notes,
        light,
        light_fixed: options.light_fixed,
        tilt_deg,
        lacks,
        setting: Setting::of(limits.iter().map(|reason| reason.code.as_str())),
        limits,
        dropped,
        parts,
        drawn: options.drawn,
    })
}

/// Tells every frame how its skin is stretched against the first.
fn stretched(
    photos: &mut [Prepared<'_>],
    followed: impl Fn(usize, &Prepared<'_>) -> SkinMap,
) -> Result<(), Stop> {
    let later: Vec<_> = (1..).zip(&photos[1..]).map(|(k, p)| (p.frame.size(), followed(k, p))).collect();
    match stretch::of(&photos[0].frame, &later)? {
        Ok(told) => {
            photos.iter_mut().zip(told).for_each(|(photo, stretch)| photo.frame.stretch = Ok(stretch));
        }
        Err(reason) => {
            photos.iter_mut().for_each(|photo| photo.frame.stretch = Err(reason.clone()));
        }
    }
    Ok(())
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
