//! A clinic's own noise: how much metrics move between its captures of skin that did not change, and where that holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::{Correlation, LimitsOfAgreement};
use super::captures::NoiseSource;
use super::noise::{NoiseEntry, NoiseTable, Setting};
use crate::calibrate::ItaClass;
use crate::measure::{self, Axis};
use crate::reason::Reason;

/// What a noise file calls itself.
pub const FORMAT: &str = "dermetric-noise-1";
/// How much finer or coarser than the captures it rests on a file still speaks for.
const RESOLUTION_REACH: f64 = 1.1;
/// Degrees of freedom from which a skin class speaks for itself; below, all classes together do.
const LEAST_DF_OF_A_CLASS: f64 = 10.0;

/// Repeatability of metrics, measured on repeated captures, with all that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseFile {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program that made it.
    pub made_by: String,
    /// Where it holds.
    pub covers: Covers,
    /// Pairs of one quality, of all skin and of each class of its color.
    pub groups: Vec<Group>,
    /// Captures that could not be compared with the first of their set.
    pub left_out: Vec<LeftOut>,
}

/// What a noise file rests on, and so speaks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    /// Makes and models, as photographs name them; "unknown" for photographs that name none.
    pub cameras: Vec<String>,
    /// Views of the manifest; empty where it names none.
    pub sites: Vec<String>,
    /// Color classes of the skin.
    pub skin: Vec<ItaClass>,
    /// Coarsest and finest working grid, in px/mm.
    pub px_per_mm: [f64; 2],
    /// Number of people.
    pub people: usize,
    /// Sets: one person, one site, one visit.
    pub sets: usize,
    /// Captures that went in.
    pub captures: usize,
}

/// Repeatability over pairs of one quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Quality of the pairs.
    pub setting: Setting,
    /// Color class of the skin; null for all together.
    pub skin: Option<ItaClass>,
    /// Sets of this group.
    pub sets: usize,
    /// Every metric by measure and name, as `texture.sq_fine`.
    pub metrics: BTreeMap<String, Repeatability>,
}

/// How well one metric repeats. What is on the metric's axis is of ln(value) where `logarithmic`, else in its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeatability {
    /// Version of the metric's definition that it was measured with; 0 in files that record none.
    #[serde(default)]
    pub definition: u32,
    /// Unit of the metric.
    pub unit: String,
    /// Whether its axis is that of the logarithm.
    pub logarithmic: bool,
    /// Sets with a value on two captures or more.
    pub sets: usize,
    /// Captures of those sets.
    pub captures: usize,
    /// Mean over the sets, in the unit.
    pub mean: f64,
    /// Within-subject standard deviation of one capture, on the axis.
    pub s_w: f64,
    /// Degrees of freedom it rests on: captures less sets.
    pub df: f64,
    /// Smallest change that two captures can show, t(0.975; df)·√2·s_w, on the axis.
    pub smallest_detectable_change: f64,
    /// The same in per cent, of logarithmic metrics.
    pub smallest_detectable_change_percent: Option<f64>,
    /// Within-subject coefficient of variation, √(exp(s_w²) − 1) in per cent. Null for metrics whose zero is a convention.
    pub cv_percent: Option<f64>,
    /// ICC(2,1), on the axis; null for fewer than three sets.
    pub correlation: Option<Correlation>,
    /// Bland–Altman limits of second against first capture, on the axis; null for fewer than three sets.
    pub limits_of_agreement: Option<LimitsOfAgreement>,
}

/// A capture without values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its set and its place in it.
    pub capture: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// Where a pair was photographed, and what of.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// Cameras of its photographs.
    pub cameras: Vec<String>,
    /// Site, where it is named.
    pub site: Option<String>,
    /// Color class of the skin before, where it is known.
    pub skin: Option<ItaClass>,
    /// Working grid.
    pub px_per_mm: f64,
}

/// Why a noise file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoiseFileError {
    /// It cannot be read.
    #[error("{}: the noise file cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no JSON of the right shape.
    #[error("{}: not a noise file: {source}", path.display())]
    Json {
        /// The file.
        path: std::path::PathBuf,
        /// What was found.
        source: serde_json::Error,
    },
    /// Its content is not sound.
    #[error("{}: the noise file is not sound: {problem}", path.display())]
    Unsound {
        /// The file.
        path: std::path::PathBuf,
        /// Found and expected.
        problem: String,
    },
}

impl NoiseFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`NoiseFileError`]: metrics that do not exist, numbers that are none, groups told twice.
    pub fn load(path: &std::path::Path) -> Result<Self, NoiseFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| NoiseFileError::Read { path: path.to_owned(), source })?;
        let file: Self = serde_json::from_str(&text)
            .map_err(|source| NoiseFileError::Json { path: path.to_owned(), source })?;
        file.check().map_err(|problem| NoiseFileError::Unsound { path: path.to_owned(), problem })?;
        Ok(file)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("found the format \"{}\", expected \"{FORMAT}\"", self.format));
        }
        for (i, group) in self.groups.iter().enumerate() {
            if self.groups[..i].iter().any(|g| (g.setting, g.skin) == (group.setting, group.skin)) {
                return Err(format!(
                    "found the group {:?}, {:?} twice, expected it once",
                    group.setting, group.skin
                ));
            }
            for (name, metric) in &group.metrics {
                let fault = |problem: &str| Err(format!("{name}: {problem}"));
                let Some(definition) = definition(name) else { return fault("there is no such metric") };
                if metric.definition != definition.version {
                    return Err(format!(
                        "{name}: found version {} of its definition, expected {}: make the noise file again from its captures",
                        metric.definition, definition.version
                    ));
                }
                if metric.logarithmic != (definition.axis == Axis::Ln) {
                    return fault("the axis is not the metric's");
                }
                if !(metric.s_w.is_finite() && metric.s_w > 0.0 && metric.df.is_finite() && metric.df >= 1.0)
                {
                    return fault("expected s_w above 0 and df of at least 1");
                }
            }
        }
        Ok(())
    }

    /// Why the file does not speak for a pair; `None` where it does.
    pub fn refuses(&self, pair: &Circumstances) -> Option<Reason> {
        let refusal = |what: &str, found: &str, covered: &[String]| {
            let covered = if covered.is_empty() { "none named".to_owned() } else { covered.join(", ") };
            let message = format!(
                "the noise file does not cover {what} {found}, but {covered}: the built-in noise is used instead"
            );
            Some(Reason::new("noise_not_covered", message))
        };
        let covers = &self.covers;
        if let Some(camera) = pair.cameras.iter().find(|camera| !covers.cameras.contains(camera)) {
            return refusal("the camera", camera, &covers.cameras);
        }
        match &pair.site {
            Some(site) if !covers.sites.contains(site) => return refusal("the site", site, &covers.sites),
            None if !covers.sites.is_empty() => {
                return refusal("a site without a name", "(--view names it)", &covers.sites);
            }
            _ => {}
        }
        let name = |class: &ItaClass| class.name().to_owned();
        let classes: Vec<String> = covers.skin.iter().map(name).collect();
        match pair.skin {
            Some(class) if !covers.skin.contains(&class) => {
                return refusal("skin of the color class", class.name(), &classes);
            }
            None => return refusal("skin of", "unknown color", &classes),
            _ => {}
        }
        let [coarsest, finest] = covers.px_per_mm;
        if !(coarsest / RESOLUTION_REACH..=finest * RESOLUTION_REACH).contains(&pair.px_per_mm) {
            let range = format!("{coarsest:.2} to {finest:.2} px/mm");
            return refusal("a grid of", &format!("{:.2} px/mm", pair.px_per_mm), &[range]);
        }
        None
    }

    /// What verdicts on skin of this class rest on: the file's entries, and those of `prior` where it has none. What is
    /// nearly nothing is held to be as unsteady as the prior has it, and so are contrast and single lesions.
    pub fn table(&self, skin: Option<ItaClass>, prior: &NoiseTable) -> NoiseTable {
        let mut table = prior.clone();
        table.source =
            format!("a noise file of {} captures of {} people", self.covers.captures, self.covers.people);
        // Of all skin first, so that a class of its own overwrites it.
        let enough =
            |group: &Group, metric: &Repeatability| group.skin.is_none() || metric.df >= LEAST_DF_OF_A_CLASS;
        let mut groups: Vec<&Group> =
            self.groups.iter().filter(|g| g.skin.is_none() || g.skin == skin).collect();
        groups.sort_by_key(|group| group.skin.is_some());
        for group in groups {
            for (name, metric) in group.metrics.iter().filter(|(_, metric)| enough(group, metric)) {
                let Some((measure, of_measure)) = name.split_once('.') else { continue };
                let place = table.entries.iter().position(|e| {
                    (&*e.measure, &*e.metric, e.setting) == (measure, of_measure, group.setting)
                });
                let (grain, contrast) =
                    place.map_or((0.0, 0.0), |k| (table.entries[k].grain, table.entries[k].contrast));
                let entry = NoiseEntry {
                    measure: measure.to_owned(),
                    metric: of_measure.to_owned(),
                    setting: group.setting,
                    s_w: metric.s_w,
                    grain,
                    contrast,
                    logarithmic: metric.logarithmic,
                    df: metric.df,
                    definition: metric.definition,
                    source: NoiseSource::NoiseFile,
                };
                match place {
                    Some(k) => table.entries[k] = entry,
                    None => table.entries.push(entry),
                }
            }
        }
        let steadiest = |entry: &NoiseEntry| {
            let better = table.entries.iter().filter(|e| {
                (&e.measure, &e.metric) == (&entry.measure, &entry.metric) && e.setting < entry.setting
            });
            better.map(|e| e.s_w).fold(entry.s_w, f64::max)
        };
        // A lesser pair is never the steadier one, however few of them there were.
        let s_w: Vec<f64> = table.entries.iter().map(steadiest).collect();
        table.entries.iter_mut().zip(s_w).for_each(|(entry, s_w)| entry.s_w = s_w);
        table
    }

    /// The file as text, ending in a newline.
    ///
    /// # Panics
    /// Never: it is plain data.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a noise file is plain data");
        text.push('\n');
        text
    }
}

/// A metric by measure and name.
fn definition(name: &str) -> Option<&'static measure::MetricDef> {
    let (measure, metric) = name.split_once('.')?;
    measure::find(measure, metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeatability(s_w: f64, df: f64) -> Repeatability {
        Repeatability {
            definition: definition("texture.sq_fine").unwrap().version,
            unit: "mOD".to_owned(),
            logarithmic: true,
            sets: 5,
            captures: 15,
            mean: 30.0,
            s_w,
            df,
            smallest_detectable_change: 0.1,
            smallest_detectable_change_percent: Some(10.5),
            cv_percent: Some(1.0),
            correlation: None,
            limits_of_agreement: None,
        }
    }

    fn group(skin: Option<ItaClass>, s_w: f64, df: f64) -> Group {
        let metrics = BTreeMap::from([("texture.sq_fine".to_owned(), repeatability(s_w, df))]);
        Group { setting: Setting::Registered, skin, sets: 5, metrics }
    }

    fn file() -> NoiseFile {
        NoiseFile {
            format: FORMAT.to_owned(),
            made_by: "0".to_owned(),
            covers: Covers {
                cameras: vec!["A 1".to_owned()],
                sites: vec!["cheek".to_owned()],
                skin: vec![ItaClass::Light, ItaClass::Tan],
                px_per_mm: [10.0, 16.0],
                people: 5,
                sets: 5,
                captures: 15,
            },
            groups: vec![
                group(Some(ItaClass::Light), 0.02, 12.0),
                group(None, 0.03, 20.0),
                group(Some(ItaClass::Tan), 0.001, 2.0),
            ],
            left_out: Vec::new(),
        }
    }

    fn pair() -> Circumstances {
        Circumstances {
            cameras: vec!["A 1".to_owned(); 2],
            site: Some("cheek".to_owned()),
            skin: Some(ItaClass::Light),
            px_per_mm: 16.0,
        }
    }

    #[test]
    fn a_file_speaks_for_what_it_rests_on_and_nothing_else() {
        let file = file();
        assert_eq!(file.refuses(&pair()), None);
        for (other, word) in [
            (Circumstances { cameras: vec!["A 1".to_owned(), "B 2".to_owned()], ..pair() }, "camera B 2"),
            (Circumstances { site: Some("chin".to_owned()), ..pair() }, "site chin"),
            (Circumstances { site: None, ..pair() }, "--view"),
            (Circumstances { skin: Some(ItaClass::Brown), ..pair() }, "brown"),
            (Circumstances { skin: None, ..pair() }, "unknown color"),
            (Circumstances { px_per_mm: 20.0, ..pair() }, "20.00 px/mm"),
            (Circumstances { px_per_mm: 9.0, ..pair() }, "9.00 px/mm"),
        ] {
            let reason = file.refuses(&other).unwrap();
            assert!(reason.code == "noise_not_covered" && reason.message.contains(word), "{reason}");
        }
        let mut without_sites = file;
        without_sites.covers.sites.clear();
        assert_eq!(without_sites.refuses(&Circumstances { site: None, ..pair() }), None);
        assert!(without_sites.refuses(&pair()).is_some());
    }

    #[test]
    fn a_class_speaks_for_itself_where_it_rests_on_enough() {
        let prior = NoiseTable::builtin();
        let entry = |skin, metric: &str| {
            let table = file().table(skin, &prior);
            table.get("texture", metric, Setting::Registered).unwrap().clone()
        };
        let light = entry(Some(ItaClass::Light), "sq_fine");
        assert_eq!((light.s_w, light.df, light.source), (0.02, 12.0, NoiseSource::NoiseFile));
        assert_eq!(entry(Some(ItaClass::Tan), "sq_fine").s_w, 0.03);
        // What is nearly nothing, and what the file does not tell, is the prior's.
        let of_prior = |metric| prior.get("texture", metric, Setting::Registered).unwrap();
        assert_eq!(light.grain, of_prior("sq_fine").grain);
        assert_eq!(entry(None, "sq_coarse"), *of_prior("sq_coarse"));
    }

    #[test]
    fn a_lesser_pair_is_never_the_steadier_one() {
        let mut file = file();
        file.groups.push(Group { setting: Setting::Limited, ..group(None, 0.004, 5.0) });
        let table = file.table(None, &NoiseTable::builtin());
        let s_w = |setting| table.get("texture", "sq_fine", setting).unwrap().s_w;
        assert_eq!((s_w(Setting::Registered), s_w(Setting::Limited)), (0.03, 0.03));
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_unsound_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise.json");
        let load = |file: &NoiseFile| {
            std::fs::write(&path, file.to_json()).unwrap();
            NoiseFile::load(&path)
        };
        assert_eq!(load(&file()).unwrap(), file());
        let with = |change: fn(&mut NoiseFile)| {
            let mut file = file();
            change(&mut file);
            load(&file).unwrap_err().to_string()
        };
        assert!(with(|f| f.format = "x".to_owned()).contains("expected \"dermetric-noise-1\""));
        assert!(with(|f| f.groups.push(group(None, 0.1, 3.0))).contains("twice"));
        assert!(with(|f| f.groups[0] = group(None, 0.0, 3.0)).contains("s_w above 0"));
        assert!(
            with(|f| {
                let one = f.groups[0].metrics.remove("texture.sq_fine").unwrap();
                f.groups[0].metrics.insert("texture.sq".to_owned(), one);
            })
            .contains("no such metric")
        );
        let other = with(|f| f.groups[0].metrics.get_mut("texture.sq_fine").unwrap().definition = 0);
        assert!(other.contains("texture.sq_fine: found version 0") && other.contains("again"), "{other}");
        let unversioned = file().to_json().replace("\"definition\": 2,", "");
        assert_ne!(unversioned, file().to_json());
        std::fs::write(&path, unversioned).unwrap();
        assert!(NoiseFile::load(&path).unwrap_err().to_string().contains("found version 0"));
        assert!(NoiseFile::load(&folder.path().join("none.json")).is_err());
        std::fs::write(&path, "{}").unwrap();
        assert!(NoiseFile::load(&path).unwrap_err().to_string().contains("not a noise file"));
    }
}
