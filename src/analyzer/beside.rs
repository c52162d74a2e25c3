//! What lies beside the skin: a marker card, a color chart. They give scales and true colors, and they
//! are no skin.

use tracing::{Span, debug_span};

use super::absolute::Absolute;
use super::capture::Capture;
use super::options::Options;
use super::registration::Maps;
use crate::calibrate::card::{Card, GrayPatches, find_card, gray_gains, gray_patches};
use crate::calibrate::chart::{Chart, Correction, correct, find_chart};
use crate::calibrate::target::Sight;
use crate::calibrate::{KnownScale, ScaleSource, WorkingScale};
use crate::engine::{Engine, EngineError};
use crate::geometry::Size;
use crate::ops::resample::Linear;
use crate::photo::Photo;
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::Selection;

/// Coefficient of variation of a scale that the user measured, in per cent.
const GIVEN_CV_PERCENT: f64 = 1.0;
/// Diameter of an iris in mm and its coefficient of variation between people, in per cent.
const IRIS_MM: f64 = 11.5;
const IRIS_CV_PERCENT: f64 = 4.3;
/// How far two scales of one pair may lie apart, as a share, before it is told.
const SCALES_AGREE: f64 = 0.05;

/// What lies beside the skin on one photograph.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub card: Option<Card>,
    pub grays: Option<GrayPatches>,
    pub chart: Option<Chart>,
    pub correction: Option<Correction>,
    /// What is there but cannot be used, and why.
    unusable: Vec<Reason>,
}

impl Beside {
    /// Looks for card and chart.
    pub fn seen(finder: &Engine, photo: &Photo, options: &Options) -> Result<Self, EngineError> {
        let sight = debug_span!("sight").in_scope(|| Sight::of(finder, photo))?;
        let mut unusable = Vec::new();
        let stage = Span::current();
        let (card, chart) = rayon::join(
            || stage.in_scope(|| debug_span!("card").in_scope(|| find_card(&sight))),
            || stage.in_scope(|| debug_span!("chart").in_scope(|| find_chart(&sight))),
        );
        let card = card.unwrap_or_else(|reason| {
            unusable.push(reason);
            None
        });
        let correction = chart.as_ref().and_then(|chart| {
            correct(chart, options.chart_edition).map_err(|reason| unusable.push(reason)).ok()
        });
        let grays = card.as_ref().map(|card| gray_patches(&sight, card));
        Ok(Self { card, grays, chart, correction, unusable })
    }

    /// Brings a version of the photograph to true colors, as far as it shows them by itself.
    pub fn correct(&self, engine: &Engine, linear: &mut Linear) -> Result<(), EngineError> {
        let by_card = || self.grays.and_then(|grays| gray_gains(&[grays])).map(Absolute::Gray);
        match self.correction.map(|correction| Absolute::Chart(vec![correction])).or_else(by_card) {
            Some(own) => own.apply(engine, 0, linear).map(|_| ()),
            None => Ok(()),
        }
    }

    /// 1 where they cover the skin, on a grid over the photograph; `None` where there are none.
    pub fn on_grid(&self, photo: Size, grid: Size) -> Option<Raster> {
        let outlines = [self.card.as_ref().map(Card::outline), self.chart.as_ref().map(Chart::outline)];
        let mut covered: Option<Raster> = None;
        for outline in outlines.into_iter().flatten() {
            let one = Selection::Polygons(vec![outline.to_vec()]).on_grid(photo, grid);
            covered = Some(match covered {
                None => one,
                Some(mut both) => {
                    both.data_mut().iter_mut().zip(one.data()).for_each(|(a, &b)| *a = a.max(b));
                    both
                }
            });
        }
        covered
    }

    /// Takes them out of a mask over the photograph.
    pub fn take_out_of(&self, mask: &mut Raster, photo: Size) {
        if let Some(covered) = self.on_grid(photo, mask.size()) {
            mask.data_mut().iter_mut().zip(covered.data()).for_each(|(m, &c)| *m *= 1.0 - c);
        }
    }

    /// The scale that they give: the card's before the chart's.
    fn scale(&self, options: &Options) -> Option<KnownScale> {
        let card = self.card.as_ref().and_then(|card| {
            let (mm_per_px, cv_percent) = (card.mm_per_px().ok()?, card.scale_cv_percent);
            Some(KnownScale { mm_per_px, cv_percent, source: ScaleSource::Card })
        });
        let chart = || {
            // What does not have the colors of a chart may be none.
            self.correction?;
            let (mm_per_px, cv_percent) = self.chart.as_ref()?.mm_per_px(options.chart_pitch_mm?).ok()?;
            Some(KnownScale { mm_per_px, cv_percent, source: ScaleSource::Chart })
        };
        card.or_else(chart)
    }
}

/// What is known of photograph `i`'s scale by itself: the user's word before a card before a chart
/// before an iris.
pub(super) fn own_scale(
    options: &Options,
    captures: &[Capture<'_>],
    before_count: usize,
    i: usize,
) -> Option<KnownScale> {
    let given = if i < before_count { options.mm_per_px_before } else { options.mm_per_px_after };
    let known = |mm_per_px, cv_percent, source| KnownScale { mm_per_px, cv_percent, source };
    given
        .map(|mm| known(mm, GIVEN_CV_PERCENT, ScaleSource::Given))
        .or_else(|| captures[i].beside.scale(options))
        .or_else(|| {
            let iris = options.iris_px.filter(|_| i == 0)?;
            Some(known(IRIS_MM / iris, IRIS_CV_PERCENT, ScaleSource::Iris))
        })
}

/// The scale of the first photograph. The registration knows how scales compare, better than two rulers
/// do: one of the two visits is enough, and the better source rules. `ratio` is pixels of a photograph
/// per pixel of the first.
pub(super) fn scale_of_first(
    options: &Options,
    captures: &[Capture<'_>],
    before_count: usize,
    ratio: impl Fn(usize) -> f64,
) -> Option<KnownScale> {
    let first = own_scale(options, captures, before_count, 0);
    let after = (before_count < captures.len())
        .then(|| own_scale(options, captures, before_count, before_count))
        .flatten()
        .map(|after| KnownScale { mm_per_px: after.mm_per_px * ratio(before_count), ..after });
    let rank = |known: &KnownScale| match known.source {
        ScaleSource::Given => 0,
        ScaleSource::Card => 1,
        ScaleSource::Chart => 2,
        ScaleSource::Iris => 3,
        ScaleSource::Assumed => 4,
    };
    match (first, after) {
        (Some(first), Some(after)) if rank(&after) < rank(&first) => Some(after),
        (Some(first), _) => Some(first),
        (None, after) => after,
    }
}

/// What there is to say of what lies beside the skin.
pub(super) fn notes(
    captures: &[Capture<'_>],
    used: &[usize],
    scale: &WorkingScale,
    maps: &Maps,
    absolute: Option<&Absolute>,
    options: &Options,
) -> Vec<Reason> {
    let mut out = Vec::new();
    for &i in used {
        let Beside { card, chart, unusable, .. } = &captures[i].beside;
        let tilted = [
            card.as_ref().and_then(|card| card.mm_per_px().err()),
            chart.as_ref().zip(options.chart_pitch_mm).and_then(|(c, pitch)| c.mm_per_px(pitch).err()),
        ];
        for reason in unusable.iter().cloned().chain(tilted.into_iter().flatten()) {
            let message = format!("{}: {}", captures[i].photo.name, reason.message);
            out.push(Reason { message, ..reason });
        }
    }
    let count = |has: fn(&Beside) -> bool| used.iter().filter(|&&i| has(&captures[i].beside)).count();
    let (with, all) = (count(|b| b.correction.is_some()).max(count(|b| b.grays.is_some())), used.len());
    if absolute.is_none() && with > 0 {
        out.push(if with < all {
            let message = "a card or chart can be used on some photographs only: colors were not corrected by it, in photographs";
            Reason::limit("color_target_missing", message, with as f64, all as f64)
        } else {
            let message = "too few gray patches of the card can be read on every photograph: colors were not corrected by it";
            Reason::new("card_clipped", message)
        });
    }
    if matches!(absolute, Some(Absolute::Gray(_))) {
        let message = "colors rest on the gray of a printed card, which is only nearly neutral: photographs with the same card under the same kind of lamp compare, absolute colors are approximate";
        out.push(Reason::new("color_by_printed_gray", message));
    }
    if !scale.is_known() && count(|b| b.correction.is_some()) > 0 {
        let message = "a color chart is in the photograph, but its size is not known: it gives no scale";
        out.push(Reason::new("chart_size_unknown", message));
    }
    // The registration's word against that of two rulers.
    let own = |i: usize| own_scale(options, captures, maps.before_count, i);
    let after = (maps.before_count < captures.len()).then_some(maps.before_count);
    if let Some((first, after)) = own(0).zip(after.and_then(own)) {
        let by_scales = first.mm_per_px / after.mm_per_px;
        let by_registration = maps.maps[maps.before_count].as_ref().map_or(by_scales, |m| m.ratio);
        let apart = (by_scales / by_registration - 1.0).abs();
        if apart > SCALES_AGREE {
            let message =
                "the scales of the two photographs contradict the size of the skin on them, as a share";
            out.push(Reason::limit("scales_disagree", message, apart, SCALES_AGREE));
        }
    }
    out
}
