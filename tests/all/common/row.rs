//! A report read by code that knows nothing but its JSON: each verdict is recomputed from the row that it stands in.
//!
//! On the axis of a row, δ is the change, s the smallest detectable change and a the sum of allowances in the direction
//! of δ. The words follow from them, see [`Row::expected`].

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use serde_json::Value;

/// Share by which rounding to six digits may move a number that a verdict depends on.
const ROUNDING: f64 = 2e-5;
/// Times the larger value that an interval may be wide beside a verdict.
const WIDEST: f64 = 20.0;
/// Largest adjusted p that counts.
const LARGEST_P: f64 = 0.05;

/// Result of a report.
#[derive(Debug, Default)]
pub struct Walked {
    /// Rows with a verdict.
    pub rows: usize,
    /// Rows by the word that they say, and by the reason where nothing could be said.
    pub words: BTreeMap<String, usize>,
    /// Every contradiction, in words.
    pub faults: Vec<String>,
}

impl Walked {
    /// Adds what another report came to.
    pub fn add(&mut self, name: &str, other: Self) {
        self.rows += other.rows;
        other.words.into_iter().for_each(|(word, count)| *self.words.entry(word).or_default() += count);
        self.faults.extend(other.faults.into_iter().map(|fault| format!("{name}: {fault}")));
    }
}

/// Walks all of a report: metrics, those of named regions, and lesions.
pub fn walk(report: &Value) -> Walked {
    let mut walked = Walked::default();
    if report["status"] == "refused" {
        let is_bare = report["measures"].as_object().is_none_or(serde_json::Map::is_empty);
        let has_reasons = report["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty());
        if !(is_bare && has_reasons) {
            walked.faults.push("a refused report has measures, or no reasons".to_owned());
        }
        return walked;
    }
    let parts = report["regions"].as_array().map_or(&[][..], Vec::as_slice);
    for part in std::iter::once(report).chain(parts) {
        for row in rows(part) {
            walked.rows += 1;
            let reason = row.reason().map_or_else(String::new, |code| format!(" {code}"));
            *walked.words.entry(format!("{}{reason}", row.verdict())).or_default() += 1;
            walked.faults.extend(row.faults().into_iter().map(|fault| format!("{}: {fault}", row.name)));
        }
    }
    walked
}

/// Rows with a verdict of a report, or of a part of it that has a name.
pub fn rows(part: &Value) -> Vec<Row<'_>> {
    let status = part["status"].as_str().unwrap_or_default();
    let mut out = Vec::new();
    for (measure, found) in part["measures"].as_object().into_iter().flatten() {
        for (metric, value) in found["metrics"].as_object().into_iter().flatten() {
            let name = format!("{measure}.{metric}");
            let range = range(&name, value["unit"].as_str().unwrap_or_default());
            out.push(Row { name, value, range, status, is_lesion: false });
        }
    }
    for lesion in part["lesions"].as_array().into_iter().flatten() {
        let name = format!("{} {}", lesion["kind"].as_str().unwrap_or_default(), lesion["id"]);
        out.push(Row { name, value: lesion, range: [0.0, f64::INFINITY], status, is_lesion: true });
    }
    out.retain(|row| row.value["verdict"].is_string());
    out
}

/// The row of a metric, where there is one with a verdict.
pub fn metric<'r>(report: &'r Value, name: &str) -> Option<Row<'r>> {
    rows(report).into_iter().find(|row| row.name == name)
}

/// Values that a metric can have, by its name and unit.
fn range(name: &str, unit: &str) -> [f64; 2] {
    const SIGNED: [&str; 13] = [
        "skewness",
        "ssk",
        "melanin_mean",
        "hemoglobin_mean",
        "hemoglobin_p90",
        "a_star_mean",
        "a_star",
        "b_star",
        "ita_deg",
        "melanin_index",
        "erythema_index",
        "areal_change_percent",
        "principal_change_percent",
    ];
    let (_, metric) = name.split_once('.').expect("a measure and a metric");
    match metric {
        signed if SIGNED.contains(&signed) => [f64::NEG_INFINITY, f64::INFINITY],
        "glcm_correlation" => [-1.0, 1.0],
        "aspect_ratio" | "str" | "coherence" => [0.0, 1.0],
        "lightness" => [0.0, 100.0],
        "sdr_percent" => [0.0, f64::INFINITY],
        _ if unit == "%" => [0.0, 100.0],
        _ => [0.0, f64::INFINITY],
    }
}

/// One verdict and the numbers beside it.
#[derive(Debug)]
pub struct Row<'r> {
    pub name: String,
    value: &'r Value,
    /// Lowest and highest value.
    range: [f64; 2],
    status: &'r str,
    is_lesion: bool,
}

/// A change on the axis of its row.
#[derive(Debug, Clone, Copy)]
struct OnAxis {
    is_logarithm: bool,
    /// Value before: the mean of the visit.
    level: f64,
    delta: f64,
    smallest: f64,
    /// Allowances in the direction of the change.
    allowance: f64,
}

impl Row<'_> {
    /// The verdict as it is written.
    pub fn verdict(&self) -> &str {
        self.value["verdict"].as_str().unwrap_or_default()
    }

    /// Code of the reason, if there is one.
    pub fn reason(&self) -> Option<&str> {
        self.value["reason"]["code"].as_str()
    }

    /// True if a change is claimed.
    pub fn is_called(&self) -> bool {
        !["no_detectable_change", "not_measurable"].contains(&self.verdict())
    }

    /// True if another family can account for all of the change.
    pub fn is_explained(&self) -> bool {
        self.value["explained_by"].as_array().is_some_and(|families| !families.is_empty())
    }

    /// True if it is a primary metric.
    pub fn is_primary(&self) -> bool {
        self.value["primary"] == true
    }

    /// A number of the row, `None` where it is null.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.value[name].as_f64()
    }

    /// Change in per cent of before, `None` where there is none.
    pub fn percent(&self) -> Option<f64> {
        let of_before = || Some(100.0 * self.number("change")? / self.number("before")?);
        self.number("change_percent").or_else(of_before).filter(|percent| percent.is_finite())
    }

    /// Smallest detectable change in per cent of before.
    pub fn smallest_percent(&self) -> Option<f64> {
        let on_axis = self.on_axis()?;
        Some(100.0 * self.number("smallest_detectable_change")? / on_axis.level)
    }

    /// True if the change exceeds what noise alone can show, adjusted for all that was judged, and the interval excludes 0, once all
    /// allowances are taken off.
    pub fn exceeds_noise(&self) -> bool {
        let is_own = self.value["noise_source"].as_str().is_some_and(|source| source != "prior");
        let is_safe = is_own || self.number("p_adjusted").is_some_and(|p| p <= LARGEST_P);
        is_safe
            && self.on_axis().is_some_and(|row| {
                row.delta.abs() > row.smallest - row.allowance && self.excludes_zero(&row, true, 0.0)
            })
    }

    /// The numbers on the axis; `None` where a change was not read, or without a known noise.
    fn on_axis(&self) -> Option<OnAxis> {
        let change = self.number("change")?;
        let smallest = self.number("smallest_detectable_change")?;
        self.value["noise_source"].as_str()?;
        let level = self.of_visit("before");
        let is_logarithm = self.value["axis"] == "logarithm";
        let sign = if change < 0.0 { -1.0 } else { 1.0 };
        let on_axis =
            |change: f64| if is_logarithm { (change / level.unwrap_or(f64::NAN)).ln_1p() } else { change };
        let allowance = self.allowances().map(|(_, toward)| toward[usize::from(change >= 0.0)]).sum();
        Some(OnAxis {
            is_logarithm,
            level: level.unwrap_or(f64::NAN),
            delta: on_axis(change),
            smallest: on_axis(sign * smallest).abs(),
            allowance,
        })
    }

    /// Sources of allowances with the fall and the rise that each can have made, on the axis.
    fn allowances(&self) -> impl Iterator<Item = (&str, [f64; 2])> {
        let all = self.value["allowances"].as_array().map_or(&[][..], Vec::as_slice);
        all.iter().map(|one| {
            let size = |name: &str| one[name].as_f64().unwrap_or(f64::INFINITY);
            (one["source"].as_str().unwrap_or_default(), [size("fall"), size("rise")])
        })
    }

    /// Value of a visit: of a lesion, its main value. A lesion that appeared has none before.
    fn of_visit(&self, visit: &str) -> Option<f64> {
        match self.is_lesion {
            true => self.value[visit][self.value["main_value"].as_str()?].as_f64(),
            false => self.number(visit),
        }
    }

    /// The larger value of both visits.
    fn larger(&self) -> Option<f64> {
        let [before, after] = ["before", "after"].map(|visit| self.of_visit(visit));
        match self.is_lesion {
            true => Some(before.unwrap_or(0.0).max(after.unwrap_or(0.0)).max(0.0)),
            false => Some(before?.max(after?)),
        }
    }

    /// True if the change is not the difference of the values that stand beside it.
    fn is_another_change(&self) -> bool {
        let [before, after] = ["before", "after"].map(|visit| self.of_visit(visit));
        let Some(((before, after), change)) = before.zip(after).zip(self.number("change")) else {
            return false;
        };
        (after - before - change).abs() > ROUNDING * before.abs().max(after.abs())
    }

    /// Every contradiction within the row.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let found = self.verdict();
        if found == "not_measurable" && self.reason().is_none() {
            faults.push("not measurable without a reason".to_owned());
        }
        if found != "not_measurable" && self.reason().is_some() {
            faults.push(format!("{found} with the reason {:?}", self.reason()));
        }
        if self.is_another_change() {
            let [before, after] = ["before", "after"].map(|visit| self.of_visit(visit));
            faults.push(format!("a change of {} from {before:?} to {after:?}", self.value["change"]));
        }
        if self.is_explained() && !self.is_called() {
            faults.push(format!("{found} is explained by other families"));
        }
        faults.extend(self.beyond_belief());
        let words = [0.0, ROUNDING, -ROUNDING].map(|slack| self.expected(slack));
        if !words.iter().any(|word| word.is(found, self.reason())) {
            faults.push(format!(
                "{found} {:?}, but the row says {:?}: {}",
                self.reason(),
                words[0],
                self.value
            ));
        }
        faults
    }

    /// The word that follows from the numbers; `slack` moves each number by a share that rounding may have taken.
    fn expected(&self, slack: f64) -> Word {
        if self.number("change").is_none() {
            return Word::Unread;
        }
        let Some(on_axis) = self.on_axis() else { return Word::NoNoise };
        let OnAxis { is_logarithm, delta, smallest, allowance, .. } = on_axis;
        let source = self.value["noise_source"].as_str().unwrap_or_default();
        let is_own = ["repeats", "noise_file"].contains(&source);
        let is_safe = self.number("p_adjusted").is_some_and(|p| p <= LARGEST_P * (1.0 + slack));
        let beyond = |limit: f64| delta.abs() * (1.0 + slack) > limit;
        // Lesions are always adjusted for how many they are.
        let may_be = is_safe || is_own && !self.is_lesion;
        let is_clear = is_safe && self.is_lesion || self.excludes_zero(&on_axis, false, slack);
        if beyond(smallest) && is_clear && may_be {
            let knows = if self.is_lesion { source == "repeats" } else { is_own };
            return Word::Called { sure: is_safe && knows && self.status == "ok", fell: delta < 0.0 };
        }
        let would_be_clear = is_safe || self.excludes_zero(&on_axis, true, slack);
        if allowance > 0.0 && beyond(smallest - allowance) && would_be_clear && may_be {
            return Word::Held(self.largest_sources(delta));
        }
        if beyond(smallest) && (self.is_lesion || self.excludes_zero(&on_axis, false, slack)) {
            return Word::OneOfMany;
        }
        let is_positive = self.range[0] == 0.0;
        let is_uncertain = if is_logarithm {
            smallest * (1.0 + slack) >= LN_2
        } else {
            let whole = self.range[1] - self.range[0];
            let limit =
                if is_positive { self.larger().map_or(whole, |larger| larger.min(whole)) } else { whole };
            limit.is_finite() && smallest * (1.0 + slack) >= limit
        };
        if is_uncertain { Word::TooUncertain } else { Word::NoChange }
    }

    /// True if the interval excludes no change; `shrunk` takes the allowances off.
    fn excludes_zero(&self, on_axis: &OnAxis, shrunk: bool, slack: f64) -> bool {
        let end = |name: &str| {
            let end = self.value["interval"][name].as_f64()?;
            Some(if on_axis.is_logarithm { (end / on_axis.level).ln_1p() } else { end })
        };
        let off = |toward: usize| -> f64 { self.allowances().map(|(_, sizes)| sizes[toward]).sum() };
        let [falls, rises] = if shrunk { [off(0), off(1)] } else { [0.0; 2] };
        let Some((low, high)) = end("low").zip(end("high")) else { return false };
        let slack = slack * on_axis.delta.abs();
        low + rises + slack > 0.0 || high - falls - slack < 0.0
    }

    /// Reasons of the largest allowances in the direction of a change.
    fn largest_sources(&self, delta: f64) -> Vec<&'static str> {
        let size = |toward: [f64; 2]| toward[usize::from(delta >= 0.0)];
        let largest = self.allowances().map(|(_, toward)| size(toward)).fold(0.0, f64::max);
        let sources = self.allowances().filter(|(_, toward)| size(*toward) >= largest * (1.0 - ROUNDING));
        sources.map(|(source, _)| reason_of(source)).collect()
    }

    /// Numbers that nobody can believe beside the verdict.
    fn beyond_belief(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let [lowest, highest] = self.range;
        let interval = |name: &str| self.value["interval"][name].as_f64();
        let before = self.of_visit("before");
        if let (Some(before), Some(low), Some(high)) = (before, interval("low"), interval("high")) {
            let rounding = ROUNDING * before.abs().max(low.abs()).max(high.abs());
            if before + low < lowest - rounding || before + high > highest + rounding {
                faults.push(format!("an interval beyond the range: {before} + ({low} … {high})"));
            }
            let change = self.number("change").unwrap_or(f64::NAN);
            if !(low - rounding <= change && change <= high + rounding) {
                faults.push(format!("a change outside its interval: {change} of {low} … {high}"));
            }
            let larger = self.larger().unwrap_or(0.0);
            if lowest == 0.0 && high - low > WIDEST * larger && self.verdict() != "not_measurable" {
                faults.push(format!("{} beside {low} … {high} of {larger}", self.verdict()));
            }
        }
        let smallest = self.number("smallest_detectable_change");
        if let (Some(smallest), Some(larger)) = (smallest, self.larger())
            && lowest == 0.0
            && smallest > larger * (1.0 + ROUNDING)
            && self.verdict() == "no_detectable_change"
        {
            faults.push(format!("no detectable change below {smallest} of {larger}"));
        }
        faults
    }
}

/// Reason by which an allowance holds a change back.
fn reason_of(source: &str) -> &'static str {
    match source {
        "light" => "light_unknown",
        "focus" => "focus_unknown",
        "noise" => "noise_unknown",
        "hemoglobin" | "melanin" => "color_unclear",
        other => panic!("an allowance for {other}"),
    }
}

/// Words of a row.
#[derive(Debug, PartialEq)]
enum Word {
    /// Nothing was read: some reason stands beside.
    Unread,
    NoNoise,
    Called {
        sure: bool,
        fell: bool,
    },
    /// An allowance holds the change back: one of these reasons.
    Held(Vec<&'static str>),
    /// Its own p would do, the adjusted one does not.
    OneOfMany,
    TooUncertain,
    NoChange,
}

impl Word {
    fn is(&self, verdict: &str, reason: Option<&str>) -> bool {
        let expected = match self {
            Self::Unread | Self::NoNoise | Self::Held(_) | Self::OneOfMany | Self::TooUncertain => {
                "not_measurable"
            }
            Self::Called { sure: true, fell: true } => "decreased",
            Self::Called { sure: true, fell: false } => "increased",
            Self::Called { sure: false, fell: true } => "probably_decreased",
            Self::Called { sure: false, fell: false } => "probably_increased",
            Self::NoChange => "no_detectable_change",
        };
        let fits = match self {
            Self::Unread => reason.is_some(),
            Self::NoNoise => reason == Some("no_noise"),
            Self::Held(sources) => reason.is_some_and(|code| sources.contains(&code)),
            Self::OneOfMany => reason == Some("one_of_many"),
            Self::TooUncertain => reason == Some("too_uncertain"),
            Self::Called { .. } | Self::NoChange => reason.is_none(),
        };
        verdict == expected && fits
    }
}
