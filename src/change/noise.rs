//! How much a metric moves when nothing changed: the within-subject standard deviation of
//! repeated captures.

use serde::{Deserialize, Serialize};

use super::captures::NoiseSource;
use super::lesion_noise::LesionNoise;
use crate::measure::{self, Axis, LesionKind};

/// In what kind of pair a noise was measured, and for what kind it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// The pair passed every quality gate.
    Registered,
    /// The skin lies on itself, but the photographs are not all that they could be: glare, little skin, focus, light.
    Limited,
    /// The skin lies on itself over regions only, or in other colors: expression, pose, too little common skin.
    Moved,
}

/// Reasons that tell of skin that is not seen alike at every place.
const MOVED: [&str; 7] = [
    "too_few_matches",
    "poor_spread",
    "high_residual",
    "motion_uncertain",
    "skin_folded",
    "landmarks",
    "color_not_matched",
];

impl Setting {
    /// That of a pair with these reasons, by their codes.
    pub fn of<'a>(reasons: impl IntoIterator<Item = &'a str>) -> Self {
        let told = |code| if MOVED.contains(&code) { Self::Moved } else { Self::Limited };
        reasons.into_iter().map(told).max().unwrap_or(Self::Registered)
    }
}

/// Repeatability of one metric in one setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseEntry {
    /// Measure, by its name in the report.
    pub measure: String,
    /// Metric, by its name in the report.
    pub metric: String,
    /// In what kind of pair it was measured.
    pub setting: Setting,
    /// Within-subject standard deviation of one capture: of ln(value) where `logarithmic`, else
    /// in the metric's unit.
    pub s_w: f64,
    /// On the logarithmic axis, what makes a value near nothing less steady than the rest, in the metric's unit; of one that exceeds
    /// a threshold, what makes faint contrast so, in OD.
    #[serde(default, skip_serializing_if = "is_none")]
    pub grain: f64,
    /// Share by which contrast reads otherwise from one capture to the next; a value of leverage moves by so many times as much.
    #[serde(default, skip_serializing_if = "is_none")]
    pub contrast: f64,
    /// Whether `s_w` is that of the logarithm.
    pub logarithmic: bool,
    /// Degrees of freedom it rests on.
    pub df: f64,
    /// Version of the metric's definition that it was measured with.
    #[serde(default = "first_definition", skip_serializing_if = "is_first_definition")]
    pub definition: u32,
    /// Whether a clinic's own noise file told it; a table does not say so of itself.
    #[serde(skip)]
    pub source: NoiseSource,
}

impl NoiseEntry {
    /// Standard deviation of one capture at a value of this leverage, on the metric's axis:
    /// √(s_w² + (grain ÷ size)² + (contrast · leverage)²), size being [`noise_size`].
    pub fn at(&self, value: f64, leverage: f64, threshold: Option<f64>) -> f64 {
        let of_contrast = self.contrast * leverage;
        // The s_w of a clinic's own captures holds already what contrast makes of its skin; more leverage than there counts.
        let s_w = if self.source.is_own() { self.s_w.max(of_contrast) } else { self.s_w.hypot(of_contrast) };
        if self.grain > 0.0 { s_w.hypot(self.grain / noise_size(value, leverage, threshold)) } else { s_w }
    }
}

/// What a smaller one of makes a value the noisier on the logarithmic axis: the value; of one that exceeds a threshold T, T ÷ (1 +
/// leverage): all contrast that reads stronger by a density δ, as coding makes it, moves such a value by δ ÷ T, and by the leverage
/// more.
pub fn noise_size(value: f64, leverage: f64, threshold: Option<f64>) -> f64 {
    threshold.map_or(value, |threshold| threshold / (1.0 + leverage))
}

fn first_definition() -> u32 {
    1
}

fn is_first_definition(version: &u32) -> bool {
    *version == 1
}

fn is_none(part: &f64) -> bool {
    *part == 0.0
}

/// Repeatability of metrics, and where it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseTable {
    /// How it was measured, in words.
    pub source: String,
    /// One for each metric and setting that has one.
    pub entries: Vec<NoiseEntry>,
    /// One for each kind of lesion and setting that has one.
    #[serde(default)]
    pub lesions: Vec<LesionNoise>,
}

/// Why a noise table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoiseTableError {
    /// It is no JSON of the right shape.
    #[error("the noise table is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// An entry names no metric, or one that has an entry, or its numbers are none.
    #[error("the noise table's entry {measure}.{metric}: {message}")]
    Entry {
        /// Measure.
        measure: String,
        /// Metric.
        metric: String,
        /// Found and expected.
        message: String,
    },
    /// An entry of lesions repeats another, or its numbers are none.
    #[error("the noise table's entry of {kind:?} lesions: {message}")]
    Lesion {
        /// Which lesions.
        kind: LesionKind,
        /// Found and expected.
        message: String,
    },
}

impl NoiseTable {
    /// The built-in prior, made by `examples/prior_noise.rs` from virtual re-captures of real
    /// close-ups and from faces that changed nothing but their expression.
    ///
    /// # Panics
    /// Never: a test reads the built-in table.
    pub fn builtin() -> Self {
        Self::parse(include_str!("prior_noise.json")).expect("the built-in noise table is sound")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`NoiseTableError`]; an entry for a metric that does not exist, or with another axis, or a
    /// second one for the same setting is refused.
    pub fn parse(json: &str) -> Result<Self, NoiseTableError> {
        let table: Self = serde_json::from_str(json)?;
        for (i, entry) in table.entries.iter().enumerate() {
            let fault = |message: &str| NoiseTableError::Entry {
                measure: entry.measure.clone(),
                metric: entry.metric.clone(),
                message: message.to_owned(),
            };
            let metric = measure::find(&entry.measure, &entry.metric)
                .ok_or_else(|| fault("there is no such metric"))?;
            if entry.definition != metric.version {
                let (found, needed) = (entry.definition, metric.version);
                return Err(fault(&format!(
                    "found definition {found}, expected {needed}: measure the noise again"
                )));
            }
            if entry.logarithmic != (metric.axis == Axis::Ln) {
                return Err(fault("the axis is not the metric's"));
            }
            if !(entry.s_w.is_finite() && entry.s_w > 0.0 && entry.df.is_finite() && entry.df >= 1.0) {
                return Err(fault("expected s_w above 0 and df of at least 1"));
            }
            let least_grain = entry.grain.is_finite() && entry.grain >= 0.0;
            if !least_grain || entry.grain > 0.0 && !entry.logarithmic {
                return Err(fault("expected a grain of at least 0, and none without a logarithm"));
            }
            if !(entry.contrast.is_finite() && entry.contrast >= 0.0) {
                return Err(fault("expected a contrast of at least 0"));
            }
            let same = |e: &NoiseEntry| {
                (&e.measure, &e.metric, e.setting) == (&entry.measure, &entry.metric, entry.setting)
            };
            if table.entries[..i].iter().any(same) {
                return Err(fault("there is another entry for this setting"));
            }
        }
        for (i, entry) in table.lesions.iter().enumerate() {
            let fault =
                |message: &str| NoiseTableError::Lesion { kind: entry.kind, message: message.to_owned() };
            if !entry.is_sound() {
                return Err(fault("expected a noise above 0 and df of at least 1"));
            }
            let same = |e: &LesionNoise| (e.kind, e.setting) == (entry.kind, entry.setting);
            if table.lesions[..i].iter().any(same) {
                return Err(fault("there is another entry for this setting"));
            }
        }
        Ok(table)
    }

    /// The entry of a metric in a setting. None stands in for another: what a careful pair repeats
    /// says nothing of a pair with another expression.
    pub fn get(&self, measure: &str, metric: &str, setting: Setting) -> Option<&NoiseEntry> {
        self.entries.iter().find(|e| e.measure == measure && e.metric == metric && e.setting == setting)
    }

    /// The entry of a kind of lesions in a setting; none stands in for another here either.
    pub fn lesion(&self, kind: LesionKind, setting: Setting) -> Option<&LesionNoise> {
        self.lesions.iter().find(|e| e.kind == kind && e.setting == setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_knows_every_primary_metric_of_a_registered_pair() {
        let table = NoiseTable::builtin();
        for measure in measure::ALL {
            for metric in measure.metrics.iter().filter(|m| m.primary) {
                let entry = table.get(measure.name, metric.name, Setting::Registered);
                assert!(entry.is_some(), "{}.{}", measure.name, metric.name);
            }
        }
    }

    #[test]
    fn a_pair_of_lesser_quality_is_never_the_steadier_one() {
        let table = NoiseTable::builtin();
        for (lesser, better) in [
            (Setting::Limited, Setting::Registered),
            (Setting::Moved, Setting::Limited),
            (Setting::Moved, Setting::Registered),
        ] {
            let mut both = 0;
            for lesser in table.entries.iter().filter(|e| e.setting == lesser) {
                let Some(better) = table.get(&lesser.measure, &lesser.metric, better) else { continue };
                let steadier = lesser.s_w < better.s_w
                    || lesser.grain < better.grain
                    || lesser.contrast < better.contrast;
                assert!(!steadier, "{}.{}", lesser.measure, lesser.metric);
                both += 1;
            }
            assert!(both > 0, "no metric has both settings");
        }
    }

    #[test]
    fn the_worst_reason_makes_the_setting() {
        assert_eq!(Setting::of([]), Setting::Registered);
        assert_eq!(Setting::of(["glare", "low_overlap"]), Setting::Limited);
        assert_eq!(Setting::of(["high_residual", "glare"]), Setting::Moved);
        // Unmatched, the redness of an unchanged close-up came out 12 % higher.
        assert_eq!(Setting::of(["little_valid_skin", "color_not_matched"]), Setting::Moved);
    }

    #[test]
    fn each_setting_has_its_own_entry_and_no_other() {
        let entry = |setting: &str| {
            format!(
                r#"{{"measure": "scars", "metric": "relief_contrast", "setting": "{setting}", "s_w": 0.01,
                "logarithmic": true, "df": 5}}"#
            )
        };
        let table =
            |entries: &str| NoiseTable::parse(&format!(r#"{{"source": "test", "entries": [{entries}]}}"#));
        let one = table(&entry("limited")).unwrap();
        assert!(one.get("scars", "relief_contrast", Setting::Limited).is_some());
        assert_eq!(one.get("scars", "relief_contrast", Setting::Registered), None);
        assert!(table(&format!("{}, {}", entry("limited"), entry("registered"))).is_ok());
        assert!(table(&format!("{}, {}", entry("limited"), entry("limited"))).is_err());
        assert!(table(&entry("usual")).is_err());
    }

    #[test]
    fn unsound_tables_are_refused() {
        let table = |metric: &str, s_w: f64, logarithmic: bool| {
            format!(
                r#"{{"source": "test", "entries": [{{"measure": "scars", "metric": "{metric}", "setting": "registered",
                "s_w": {s_w}, "logarithmic": {logarithmic}, "df": 5}}]}}"#
            )
        };
        assert!(NoiseTable::parse(&table("relief_contrast", 0.01, true)).is_ok());
        assert!(NoiseTable::parse(&table("relief_contrst", 0.01, true)).is_err());
        assert!(NoiseTable::parse(&table("relief_contrast", 0.0, true)).is_err());
        assert!(NoiseTable::parse(&table("relief_contrast", 0.01, false)).is_err());
        assert!(NoiseTable::parse(r#"{"source": "x", "entries": [], "extra": 1}"#).is_err());
        let sound = table("relief_contrast", 0.01, true);
        let of = |version: u32| {
            NoiseTable::parse(&sound.replace("\"df\"", &format!("\"definition\": {version}, \"df\"")))
        };
        assert!(of(1).is_ok());
        let other = of(2).unwrap_err().to_string();
        assert!(
            other.contains("scars.relief_contrast") && other.contains("measure the noise again"),
            "{other}"
        );
    }

    #[test]
    fn grain_counts_the_more_the_smaller_the_value_and_is_of_logarithms_only() {
        let with = |grain: f64, metric: &str, logarithmic: bool| {
            NoiseTable::parse(&format!(
                r#"{{"source": "test", "entries": [{{"measure": "pigment", "metric": "{metric}", "setting": "registered",
                "s_w": 0.03, "grain": {grain}, "logarithmic": {logarithmic}, "df": 5}}]}}"#
            ))
        };
        let table = with(0.04, "burden", true).unwrap();
        assert!((table.entries[0].at(1.0, 0.0, None) - 0.05).abs() < 1e-12);
        assert!((table.entries[0].at(1e9, 0.0, None) - 0.03).abs() < 1e-12);
        assert!(with(-0.04, "burden", true).is_err());
        assert!(with(0.04, "melanin_mean", false).is_err() && with(0.0, "melanin_mean", false).is_ok());
    }

    #[test]
    fn faint_contrast_above_a_threshold_is_the_noisier() {
        let entry = NoiseEntry {
            measure: "pigment".to_owned(),
            metric: "burden".to_owned(),
            setting: Setting::Registered,
            s_w: 0.03,
            grain: 0.001,
            contrast: 0.0,
            logarithmic: true,
            df: 5.0,
            definition: 1,
            source: NoiseSource::Prior,
        };
        // 0.001 ÷ (0.05 ÷ 2) = 0.04, however much pigment there is.
        assert!((entry.at(7.0, 1.0, Some(0.05)) - 0.05).abs() < 1e-12);
        assert!(entry.at(7.0, 1.0, Some(0.5)) < 0.031);
    }

    #[test]
    fn contrast_counts_the_more_the_more_leverage_a_value_has() {
        let with = |contrast: f64| {
            NoiseTable::parse(&format!(
                r#"{{"source": "test", "entries": [{{"measure": "pigment", "metric": "burden", "setting": "registered",
                "s_w": 0.03, "contrast": {contrast}, "logarithmic": true, "df": 5}}]}}"#
            ))
        };
        let entry = with(0.02).unwrap().entries.remove(0);
        let at = |entry: &NoiseEntry, leverage| entry.at(1.0, leverage, None);
        // 3, 4, 5.
        assert!((at(&entry, 2.0) - 0.05).abs() < 1e-12 && (at(&entry, 0.0) - 0.03).abs() < 1e-12);
        let own = NoiseEntry { source: NoiseSource::NoiseFile, ..entry };
        assert!((at(&own, 1.0) - 0.03).abs() < 1e-12 && (at(&own, 2.0) - 0.04).abs() < 1e-12);
        assert!(with(-0.02).is_err());
    }

    #[test]
    fn unsound_entries_of_lesions_are_refused() {
        let scar = |floor: f64| {
            format!(
                r#"{{"kind": "scar", "setting": "registered", "floor": {floor}, "grain_mm": 0.0, "df": 5}}"#
            )
        };
        let table = |lesions: &str| {
            NoiseTable::parse(&format!(r#"{{"source": "x", "entries": [], "lesions": [{lesions}]}}"#))
        };
        let one = table(&scar(2.0)).unwrap();
        assert_eq!(one.lesion(LesionKind::Scar, Setting::Registered).unwrap().s_w(1.0), 2.0);
        assert_eq!(one.lesion(LesionKind::Scar, Setting::Limited), None);
        assert!(table(&scar(0.0)).is_err());
        assert!(table(&format!("{}, {}", scar(1.0), scar(2.0))).is_err());
    }
}
