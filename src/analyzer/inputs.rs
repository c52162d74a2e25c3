//! What a report follows from, as one hash: the same inputs give the same report, but for its date.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Analyzer, Options, PairFiles, compose};
use crate::change::NoiseFile;
use crate::measure;
use crate::photo::JPEG_DECODER;
use crate::region::NamedRegionFile;
use crate::sha256::sha256;

/// The hash of a file's bytes.
fn of_file(path: &Path) -> Option<String> {
    Some(sha256(std::fs::read(path).ok()?))
}

/// A photograph by its name, which the report tells, and the hash of its file.
type Named = (String, String);

/// A file that may be given: `None` where it is and cannot be read.
fn of_given(file: Option<&Path>) -> Option<Value> {
    file.map_or(Some(Value::Null), |path| Some(of_file(path)?.into()))
}

impl Analyzer {
    /// What the report of these files would follow from, as it would stand in the report. `None` where that cannot be told: a file
    /// cannot be read, or true heights are given.
    pub fn inputs_sha256(&self, pair: &PairFiles, options: &Options) -> Option<String> {
        let visit = |visit: &str, first: &Path, further: &[PathBuf]| -> Option<Vec<Named>> {
            let named = |(i, path): (usize, &Path)| {
                let own = path.file_name()?.to_string_lossy();
                Some((options.name_of(&own, visit, i), of_file(path)?))
            };
            std::iter::once(first).chain(further.iter().map(AsRef::as_ref)).enumerate().map(named).collect()
        };
        let visits = [
            visit("before", &pair.before, &pair.before_repeats)?,
            visit("after", &pair.after, &pair.after_repeats)?,
        ];
        self.inputs_of(&visits, options)
    }

    /// The same of photographs that are decoded already; those that came as pixels have an empty hash.
    pub(super) fn inputs_of(&self, visits: &[Vec<Named>; 2], options: &Options) -> Option<String> {
        // Named one by one: a new option that is forgotten here does not compile.
        let Options {
            mm_per_px_before,
            mm_per_px_after,
            region,
            named_regions,
            reference,
            landmarks,
            chart_pitch_mm,
            chart_edition,
            iris_px,
            light,
            light_fixed,
            heights_before,
            heights_after,
            limits,
            // Whether there is a report, never what it says.
            max_memory_bytes: _,
            pictures,
            drawn,
            share,
            subject,
            view,
            days,
        } = options;
        let unknown = visits.iter().flatten().any(|(_, hash)| hash.is_empty());
        if unknown || !heights_before.is_empty() || !heights_after.is_empty() {
            return None;
        }
        let named = |region: &NamedRegionFile| Some(json!([region.name, of_file(&region.file)?]));
        let inputs = json!({
            "tool": compose::tool(&self.engine.now()),
            "definitions": definitions(),
            "jpeg": JPEG_DECODER,
            "noise": self.noise_sha256(),
            "photographs": visits,
            "mm_per_px": [mm_per_px_before, mm_per_px_after],
            "region": of_given(region.as_deref())?,
            "named_regions": named_regions.iter().map(named).collect::<Option<Vec<_>>>()?,
            "reference": of_given(reference.as_deref())?,
            "landmarks": of_given(landmarks.as_deref())?,
            "chart": [json!(chart_pitch_mm), json!(format!("{chart_edition:?}"))],
            "iris_px": iris_px,
            "light": [json!(format!("{light:?}")), json!(light_fixed)],
            "limits": format!("{limits:?}"),
            "pictures": pictures.then(|| format!("{drawn:?}")),
            "named": [json!(subject), json!(view), json!(days)],
        });
        let hash = sha256(inputs.to_string());
        Some(share.as_ref().map_or_else(|| hash.clone(), |key| key.hash("inputs", &hash)))
    }

    /// The noise that verdicts rest on.
    pub(super) fn noise_sha256(&self) -> String {
        sha256(json!([self.noise, self.own_noise.as_ref().map(NoiseFile::to_json)]).to_string())
    }
}

/// The version of every metric's definition, by its name.
fn definitions() -> Value {
    let versions = measure::ALL.iter().flat_map(|m| {
        m.metrics.iter().map(|metric| (format!("{}.{}", m.name, metric.name), metric.version.into()))
    });
    Value::Object(versions.collect())
}

impl Options {
    /// What a manifest does not say of single pairs; pictures change no number.
    pub(super) fn of_a_batch_sha256(&self) -> Option<String> {
        let Self { landmarks, chart_pitch_mm, chart_edition, iris_px, light, limits, .. } = self;
        let options = json!({
            "landmarks": of_given(landmarks.as_deref())?,
            "chart": [json!(chart_pitch_mm), json!(format!("{chart_edition:?}"))],
            "iris_px": iris_px,
            "light": format!("{light:?}"),
            "limits": format!("{limits:?}"),
        });
        Some(sha256(options.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::report::pictures::Drawn;

    #[test]
    fn options_of_a_batch_are_those_that_no_manifest_tells() {
        let plain = Options::default();
        let of = |options: &Options| options.of_a_batch_sha256().unwrap();
        let of_pairs = Options {
            mm_per_px_before: Some(0.1),
            view: Some("chin".into()),
            days: Some(3),
            pictures: true,
            ..plain.clone()
        };
        assert_eq!(of(&of_pairs), of(&plain));
        let light = Options { light: crate::analyzer::Light::Oblique, ..plain.clone() };
        let chart = Options { chart_pitch_mm: Some(12.0), ..plain.clone() };
        assert!(of(&light) != of(&plain) && of(&chart) != of(&plain) && of(&light) != of(&chart));
        assert_eq!(Options { landmarks: Some("missing".into()), ..plain }.of_a_batch_sha256(), None);
    }

    #[test]
    fn every_input_counts() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let (a, b, c) = (write("a", b"1"), write("b", b"2"), write("c", b"2"));
        let pair = PairFiles { before: a.clone(), after: b.clone(), ..PairFiles::default() };
        let analyzer = Analyzer::with_engine(Engine::cpu().unwrap()).unwrap();
        let plain = Options::default();
        let of = |pair: &PairFiles, options: &Options| analyzer.inputs_sha256(pair, options);
        let first = of(&pair, &plain).unwrap();
        assert_eq!(of(&pair, &plain).unwrap(), first);
        let region = write("region", b"{}");
        let told = |options: Options| of(&pair, &options).unwrap();
        let others = [
            // The report tells the file's name.
            of(&PairFiles { after: c, ..pair.clone() }, &plain).unwrap(),
            of(&PairFiles { before: b.clone(), after: a, ..pair.clone() }, &plain).unwrap(),
            of(&PairFiles { after_repeats: vec![b], ..pair.clone() }, &plain).unwrap(),
            told(Options { mm_per_px_after: Some(0.1), ..plain.clone() }),
            told(Options { region: Some(region.clone()), ..plain.clone() }),
            told(Options { reference: Some(region.clone()), ..plain.clone() }),
            told(Options { days: Some(3), ..plain.clone() }),
            told(Options { pictures: true, ..plain.clone() }),
            told(Options { pictures: true, drawn: Drawn { sheets: false, page: true }, ..plain.clone() }),
        ];
        for (i, other) in others.iter().enumerate() {
            assert!(*other != first && !others[..i].contains(other), "{i}");
        }
        let before = told(Options { region: Some(region.clone()), ..plain.clone() });
        std::fs::write(&region, b"{ }").unwrap();
        assert_ne!(told(Options { region: Some(region), ..plain.clone() }), before);
        let missing = Some(folder.path().join("missing"));
        assert_eq!(of(&pair, &Options { reference: missing, ..plain }), None);
    }
}
