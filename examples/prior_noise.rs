//! Measures how much every metric moves when nothing changed: the built-in prior noise.
//!
//! ```text
//! cargo run --example prior_noise -- DATA > src/change/prior_noise.json
//! cargo run --example prior_noise -- DATA --check src/change/prior_noise.json
//! ```
//!
//! A number as the last argument has only so many photographs of each sort taken: a look beforehand, no table.
//!
//! `DATA` is the folder of reference data. The table goes to stdout, how it came about to stderr.
//! Everything is drawn from fixed seeds and measured on the CPU: the same data give the same table.
//! With `--check`, no table is made; instead one is tried on unchanged pairs, and the share of
//! verdicts that claim a change is told: on phantoms and on close-ups re-captured with other seeds,
//! which it was not made from, and on the faces, which it was.
//!
//! # Recipe, version 13
//!
//! - `registered`: of each clinical close-up, four pairs of virtual re-captures
//!   ([`recapture_photo`]; both members are re-captured, so that neither is the original), the
//!   picture taken to be 60 mm wide, or as much narrower as gives 16 px/mm: what a photograph is too
//!   coarse for has no noise to tell. Pairs that pass every quality gate count.
//!   The same is measured on 20 unchanged phantoms, and the larger s_w of the two is taken: spreads
//!   (`hemoglobin_sd`, `melanin_sd`) and unevenness move more on even skin, where there is little
//!   but the camera's noise, than on close-ups of lesions. Version 1 did without, and called the
//!   hemoglobin spread of 13 of 40 unchanged phantoms changed. A phantom alone makes no entry.
//!   Two pairs more of the middle of each close-up, at most 30 mm wide and measured in a region that is its right two
//!   thirds, tell what little skin and the borders of a drawn region do: what is nearly nothing is rare on whole close-ups,
//!   and a lesion that a border cuts goes in and out by as much as the alignment is off. Two more have a strip at the left marked
//!   as untreated: colors are matched on it, and relief is told beside it.
//! - `limited`: those of the pairs above that are limited (glare, little skin), and two pairs of each close-up of which
//!   one member is taken without care ([`Recapture::careless`]), as far as they are limited.
//! - `moved`: 27 faces photographed twice in one session under one light, neutral and smiling,
//!   their scale not known. The skin is the same; expression and pose are not. Pairs that can be
//!   compared at all count.
//!
//! For each metric with a value on both members, d is ln(after ÷ before) on the logarithmic axis,
//! else after − before. Where a member is 0 on the logarithmic axis (nothing was found) there is no
//! d: such a pair is never judged either, so the entry speaks for exactly the pairs it is used on.
//!
//! s_w is √(Σd² ÷ 2n) over n pairs: each holds two captures. On the logarithmic axis s_w² + (grain ÷ value)² is fitted
//! to half the squares instead, as the likeliest for normal differences, value being the mean of the two: what is
//! nearly nothing doubles easily. Where a value has leverage (pigment burden, which is what exceeds a threshold; relief contrast above
//! that of untreated skin), (contrast · leverage)² is fitted beside them: by so much contrast itself reads otherwise. What makes
//! burden noisy when it is small is not the burden, but a low threshold: faint spots are coded coarsely, and phantoms', of
//! 0.05 OD, are six times as faint as those of the close-ups. Only of both together can its parts be told, so it is fitted to both.
//! s_w is at least the root of that mean over the larger half of the values, so that none
//! is held to be steadier than what was seen, less what contrast explains. Differences of some metrics have heavy tails; so both are at least what
//! leaves one d in twenty beyond t(0.975; df)·√2·s_w. The degrees of freedom are the photographs that contributed, not the pairs:
//! pairs of the same photograph are alike. A metric with fewer than six photographs gets no entry. A limited pair
//! is never held to be steadier than one that passed every gate, nor one that moved than either: its s_w and grain are
//! at least the others'.
//!
//! Single lesions of the same pairs have entries of their own, by kind. Changes of their main value are taken in its
//! unit, because a lesion may be gone, and s_w² = floor² + (grain ÷ D)² is fitted likewise. Both captures choose
//! the lesions, and each is read in the outline of both, which favors neither. Of the phantoms' and
//! the close-ups' floor and grain the larger stands. Tails and degrees of freedom are as for metrics.
//!
//! Version 2 was measured before the skin was followed beyond one map of the whole view, and before
//! lips, brows and eyes were left out of it. Version 3 took every close-up to be 60 mm wide, and so had too
//! few for the finest texture. Version 4 had no entries of lesions; version 5 read
//! fine texture off shading, and had pairs limited whose noise differed. Version 6 read lines off shading. Version 7 knew
//! nothing of limited pairs that did not move, and held what is nearly nothing to be as steady as the rest;
//! it wanted eight photographs for an entry. Version 8 took close-ups as a whole alone, and unchanged middles of them
//! moved by a third where their pigment was next to nothing. Version 9 had them without a region, and called the pigment of
//! unchanged skin changed where the border of one cut a lesion. Version 10 knew nothing of leverage, and had all skin pay for that
//! of a few; nor had it untreated skin beside. Version 11 held relief above untreated skin against all of it that each photograph showed, not
//! against the same in both: it moved by eight times as much. Version 12 read depths, widths, counts and areas over the objects that each
//! photograph found for itself, not over the same ones.

#[path = "prior_noise/fit.rs"]
mod fit;
#[path = "prior_noise/lesions.rs"]
mod lesions;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::{NoiseEntry, NoiseSource, NoiseTable, Setting, Verdict, noise_size};
use dermetric::engine::EngineChoice;
use dermetric::measure::{self, Axis};
use dermetric::phantom::{Recapture, Rgb8, SensorNoise, recapture_photo, unchanged_pair};
use dermetric::photo::{Limits, Photo, load};
use dermetric::report::{Metric, Report, Status, rounded};
use rayon::prelude::*;
use tempfile::NamedTempFile;

use fit::{Difference, Fit, beyond_what_others_show, rms};
use lesions::{LesionAlarms, LesionDifferences};

/// Version of the recipe above.
const RECIPE: u32 = 14;
/// Most that a close-up is taken to be wide, and how fine at least.
const WIDTH_MM: f64 = 60.0;
const LEAST_PX_PER_MM: f64 = 16.0;
/// Most of the middle of a close-up that is taken by itself.
const MIDDLE_MM: f64 = 30.0;
/// Pairs of each close-up, for the table and for its check.
const PAIRS: u64 = 4;
const CHECK_PAIRS: u64 = 2;
/// Pairs of the middle of each close-up, and of it beside untreated skin.
const MIDDLE_PAIRS: u64 = 2;
/// Share of the middle, from the left, that its region leaves out, and how much of it is marked as untreated.
const MIDDLE_REGION_FROM: f64 = 1.0 / 3.0;
const UNTREATED_TO: f64 = 0.3;
/// Pairs of each close-up of which one member is taken without care.
const CARELESS_PAIRS: u64 = 2;
/// First seeds of the table and of its check, far from each other.
const TABLE_SEED: u64 = 1_000_000;
const CHECK_SEED: u64 = 2_000_000;
const CARELESS_SEED: u64 = 3_000_000;
const MIDDLE_SEED: u64 = 4_000_000;
const BESIDE_SEED: u64 = 5_000_000;
/// Seeds of the phantoms that the table is made from and tried on, and their scale.
const TABLE_PHANTOMS: std::ops::RangeInclusive<u64> = 1001..=1020;
const CHECK_PHANTOMS: std::ops::RangeInclusive<u64> = 1..=40;
const PHANTOM_MM_PER_PX: f64 = 1.0 / 16.0;
/// A part of noise that is no more, on whatever axis, is none.
const LEAST_PART: f64 = 1e-9;
/// Photographs below which a metric gets no entry.
const LEAST_PHOTOGRAPHS: usize = 6;

type Failure = Box<dyn Error + Send + Sync>;
/// Measure and metric.
type Name = (&'static str, &'static str);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (arguments, most) = match arguments.split_last().map(|(last, rest)| (last.parse(), rest)) {
        Some((Ok(most), rest)) => (rest, most),
        _ => (&arguments[..], usize::MAX),
    };
    match arguments {
        [data] => make_table(Path::new(data), most),
        [data, "--check", table] => check_table(Path::new(data), Path::new(table), most),
        _ => Err("usage: prior_noise DATA [--check TABLE] [PHOTOGRAPHS]".into()),
    }
}

fn make_table(data: &Path, most: usize) -> Result<(), Failure> {
    let analyzer = analyzer()?;
    let mut phantoms = Differences::default();
    for (name, report) in each(TABLE_PHANTOMS.take(most), |seed| {
        Ok(vec![(format!("phantom {seed}"), compare_phantom(&analyzer, seed)?)])
    })? {
        phantoms.take(&name, &report, &[Status::Ok]);
    }
    phantoms.tell("registered, phantoms");
    let mut close_ups = OfCloseups::default();
    for (name, (kind, report)) in each(closeups(data)?.into_iter().take(most), |closeup| {
        let pairs = closeup.unchanged(&analyzer)?;
        Ok(pairs.into_iter().map(|pair| (closeup.name.clone(), pair)).collect())
    })? {
        close_ups.take(&name, kind, &report);
    }
    phantoms.join(&mut close_ups.registered);
    close_ups.tell();
    let mut expressions = Differences::default();
    for (name, report) in each(faces(data)?.into_iter().take(most), |face| {
        Ok(vec![(face.name.clone(), face.compare(&analyzer)?)])
    })? {
        expressions.take(&name, &report, &[Status::Ok, Status::Limited]);
    }
    expressions.tell("moved, faces");
    let table = table(&close_ups.registered, &phantoms, &close_ups.limited, &expressions);
    println!("{}", serde_json::to_string_pretty(&table)?);
    Ok(())
}

/// What comes of each photograph, in their order; several are worked on at a time.
fn each<P: Send, T: Send>(
    photographs: impl Iterator<Item = P>,
    work: impl Fn(P) -> Result<Vec<T>, Failure> + Send + Sync,
) -> Result<Vec<T>, Failure> {
    let photographs: Vec<P> = photographs.collect();
    // One by one: they differ in what they cost.
    let done = photographs.into_par_iter().with_max_len(1).map(work).collect::<Result<Vec<_>, _>>()?;
    Ok(done.into_iter().flatten().collect())
}

/// How a pair of unchanged captures was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Whole,
    Middle,
    BesideUntreated,
    /// One of the two without care.
    Careless,
}

/// Differences of pairs of close-ups.
#[derive(Default)]
struct OfCloseups {
    registered: Differences,
    limited: Differences,
    /// Told, and nothing else: they count above.
    middles: Differences,
    beside: Differences,
}

impl OfCloseups {
    /// Counts a pair by the setting it would be judged in; moved ones count nowhere, nor do those taken without care that
    /// passed every gate all the same.
    fn take(&mut self, name: &str, kind: Kind, report: &Report) {
        match kind {
            Kind::Middle => self.middles.take(name, report, &[Status::Ok]),
            Kind::BesideUntreated => self.beside.take(name, report, &[Status::Ok]),
            Kind::Careless if report.status == Status::Ok => return,
            Kind::Whole | Kind::Careless => {}
        }
        let of = match Setting::of(report.reasons.iter().map(|reason| reason.code.as_str())) {
            Setting::Limited => &mut self.limited,
            Setting::Moved => return,
            Setting::Registered => &mut self.registered,
        };
        of.take(name, report, &[Status::Ok, Status::Limited]);
    }

    fn tell(&self) {
        self.middles.tell("registered, middles of close-ups by themselves");
        self.beside.tell("registered, middles of close-ups beside untreated skin, by themselves");
        self.registered.tell("registered, close-ups");
        self.limited.tell("limited, close-ups");
    }
}

fn table(
    registered: &Differences,
    phantoms: &Differences,
    limited: &Differences,
    expressions: &Differences,
) -> NoiseTable {
    let mut entries = registered.entries(Setting::Registered);
    for phantom in phantoms.entries(Setting::Registered) {
        if let Some(entry) = entries.iter_mut().find(|entry| same(entry, &phantom)) {
            raise(entry, &phantom);
        }
    }
    let of_limited = no_steadier(limited.entries(Setting::Limited), &entries);
    entries.extend(of_limited);
    let moved = no_steadier(expressions.entries(Setting::Moved), &entries);
    entries.extend(moved);
    let source = format!(
        "examples/prior_noise.rs, recipe {RECIPE}. registered: {}, virtually re-captured pairs of clinical \
         close-ups and of their middles, alone and beside untreated skin (rotation within 3 degrees, scale 3 %, exposure \
         8 %, each channel 3 %, tilt 1 degree, defocus up to 0.02 mm, a telephone's noise, JPEG 93), or {} of unchanged phantoms where those move more. \
         limited: {} of the close-ups (glare, little skin; exposure within 20 %, each channel 6 %, tilt 2 degrees, \
         defocus up to 0.06 mm, JPEG 80). moved: {}, faces photographed twice in one session under one light, neutral \
         and smiling. s_w is the root of the mean of half the squared difference, or more \
         where tails are heavy, at a value from which the part of the grain is small, and of \
         no leverage; df counts photographs. lesions: \
         of the same pairs, s_w of the main value of one lesion of diameter D is the root of floor squared and \
         (grain / D) squared.",
        registered.counts(),
        phantoms.counts(),
        limited.counts(),
        expressions.counts()
    );
    let on_phantoms = phantoms.lesions.entries(Setting::Registered, &[]);
    let mut lesions = registered.lesions.entries(Setting::Registered, &on_phantoms);
    lesions.extend(limited.lesions.entries(Setting::Limited, &lesions));
    lesions.extend(expressions.lesions.entries(Setting::Moved, &lesions));
    NoiseTable { source, entries, lesions }
}

fn same(one: &NoiseEntry, other: &NoiseEntry) -> bool {
    (&one.measure, &one.metric) == (&other.measure, &other.metric)
}

/// Entries of lesser pairs, in no part steadier than those of better ones.
fn no_steadier(mut entries: Vec<NoiseEntry>, better: &[NoiseEntry]) -> Vec<NoiseEntry> {
    for entry in &mut entries {
        let of_better = |part: fn(&NoiseEntry) -> f64| {
            better.iter().filter(|better| same(better, entry)).map(part).fold(0.0, f64::max)
        };
        let least = [of_better(|e| e.s_w), of_better(|e| e.grain), of_better(|e| e.contrast)];
        entry.s_w = entry.s_w.max(least[0]);
        entry.grain = entry.grain.max(least[1]);
        entry.contrast = entry.contrast.max(least[2]);
    }
    entries
}

/// Takes over what is larger in the other, with the degrees of freedom of the larger s_w.
fn raise(entry: &mut NoiseEntry, other: &NoiseEntry) {
    if other.s_w > entry.s_w {
        (entry.s_w, entry.df) = (other.s_w, other.df);
    }
    entry.grain = entry.grain.max(other.grain);
    entry.contrast = entry.contrast.max(other.contrast);
}

fn analyzer() -> Result<Analyzer, Failure> {
    Ok(Analyzer::new(&EngineChoice::Cpu, 0)?)
}

// Pairs.

/// A close-up, as the phantom's camera takes it.
struct Closeup {
    name: String,
    /// Place among the close-ups: part of the seed.
    place: u64,
    rgb: Rgb8,
    mm_per_px: f64,
}

fn closeups(data: &Path) -> Result<Vec<Closeup>, Failure> {
    let files = files(&data.join("clinical_closeups_pad_ufes/images"), ".png")?;
    files
        .iter()
        .zip(0..)
        .map(|(file, place)| {
            let photo = load(file, &Limits::default())?;
            let code = |i| photo.pixels.rgb(i).map(|v| (255.0 * v).round() as u8);
            let bytes = (0..photo.size.area()).flat_map(code).collect();
            let mm_per_px = (WIDTH_MM / f64::from(photo.size.width)).min(1.0 / LEAST_PX_PER_MM);
            Ok(Closeup { name: photo.name.clone(), place, rgb: Rgb8::new(photo.size, bytes)?, mm_per_px })
        })
        .collect()
}

impl Closeup {
    /// What lies around its center.
    fn middle(&self) -> Result<Self, Failure> {
        let rgb = self.rgb.middle((MIDDLE_MM / self.mm_per_px).round() as u32)?;
        Ok(Self { name: self.name.clone(), rgb, ..*self })
    }

    /// Columns as a person draws them, from and to, as shares of the width.
    fn columns(&self, from: f64, to: f64) -> Result<NamedTempFile, Failure> {
        let size = self.rgb.size();
        let [left, right] = [from, to].map(|share| share * f64::from(size.width));
        let bottom = f64::from(size.height);
        let polygon = [[left, 0.0], [right, 0.0], [right, bottom], [left, bottom]];
        let file = tempfile::Builder::new().suffix(".json").tempfile()?;
        serde_json::to_writer(&file, &serde_json::json!({"polygons": [polygon]}))?;
        Ok(file)
    }

    /// All its pairs for the table.
    fn unchanged(&self, analyzer: &Analyzer) -> Result<Vec<(Kind, Report)>, Failure> {
        let mut out = Vec::new();
        let all = Options::default();
        for pair in 0..PAIRS {
            out.push((Kind::Whole, self.compare(analyzer, TABLE_SEED + pair, Recapture::random, &all)?));
        }
        let middle = self.middle()?;
        let (region, reference) =
            (middle.columns(MIDDLE_REGION_FROM, 1.0)?, middle.columns(0.0, UNTREATED_TO)?);
        let drawn = Options { region: Some(region.path().to_owned()), ..Options::default() };
        let beside = Options { reference: Some(reference.path().to_owned()), ..drawn.clone() };
        for (kind, seed, marked) in
            [(Kind::Middle, MIDDLE_SEED, drawn), (Kind::BesideUntreated, BESIDE_SEED, beside)]
        {
            for pair in 0..MIDDLE_PAIRS {
                out.push((kind, middle.compare(analyzer, seed + pair, Recapture::random, &marked)?));
            }
        }
        for pair in 0..CARELESS_PAIRS {
            out.push((
                Kind::Careless,
                self.compare(analyzer, CARELESS_SEED + pair, Recapture::careless, &all)?,
            ));
        }
        Ok(out)
    }

    /// Compares two virtual re-captures, neither the photograph itself: one with care, the other as `taken`.
    fn compare(
        &self,
        analyzer: &Analyzer,
        seed: u64,
        taken: fn(u64) -> Recapture,
        marked: &Options,
    ) -> Result<Report, Failure> {
        let again = |member: u64, taken: fn(u64) -> Recapture| -> Result<Photo, Failure> {
            let recapture = taken(seed + 1000 * self.place + 100 * member);
            let (rgb, _) = recapture_photo(&self.rgb, 1.0 / self.mm_per_px, &recapture, &SensorNoise::PHONE)?;
            Ok(photo_of(&self.name, &rgb))
        };
        let mm_per_px = Some(self.mm_per_px);
        let options = Options { mm_per_px_before: mm_per_px, mm_per_px_after: mm_per_px, ..marked.clone() };
        let (before, after) = (again(0, Recapture::random)?, again(1, taken)?);
        Ok(analyzer.compare_photos(&[before], &[after], &options)?.report)
    }
}

/// Compares a phantom with itself, photographed again.
fn compare_phantom(analyzer: &Analyzer, seed: u64) -> Result<Report, Failure> {
    let pair = unchanged_pair(seed)?;
    let [before, after] = [&pair.before.rgb, &pair.after.rgb].map(|rgb| photo_of("phantom", rgb));
    compare(analyzer, before, after, Some(PHANTOM_MM_PER_PX))
}

/// A face, neutral and smiling.
struct Face {
    name: String,
    neutral: PathBuf,
    smiling: PathBuf,
}

fn faces(data: &Path) -> Result<Vec<Face>, Failure> {
    let folder = data.join("faces_repeat/london_pairs");
    files(&folder, "_03.jpg")?
        .into_iter()
        .map(|neutral| {
            let name = neutral.file_name().unwrap_or_default().to_string_lossy().replace("_03.jpg", "");
            let smiling = folder.join(format!("{name}_08.jpg"));
            Ok(Face { name, neutral, smiling })
        })
        .collect()
}

impl Face {
    fn compare(&self, analyzer: &Analyzer) -> Result<Report, Failure> {
        let photo = |file: &Path| load(file, &Limits::default());
        compare(analyzer, photo(&self.neutral)?, photo(&self.smiling)?, None)
    }
}

fn compare(
    analyzer: &Analyzer,
    before: Photo,
    after: Photo,
    mm_per_px: Option<f64>,
) -> Result<Report, Failure> {
    Ok(analyzer.compare_photos(&[before], &[after], &options(mm_per_px))?.report)
}

fn options(mm_per_px: Option<f64>) -> Options {
    Options { mm_per_px_before: mm_per_px, mm_per_px_after: mm_per_px, ..Options::default() }
}

fn photo_of(name: &str, rgb: &Rgb8) -> Photo {
    Photo::from_rgb_bytes(name, rgb.size(), rgb.bytes())
}

/// Files of a folder whose names end so, sorted.
fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, Failure> {
    let in_folder = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(in_folder)? {
        files.push(entry.map_err(in_folder)?.path());
    }
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files.sort();
    if files.is_empty() { Err(format!("{}: no files *{end}", folder.display()).into()) } else { Ok(files) }
}

// Differences.

/// Differences of unchanged pairs, each on its metric's axis.
#[derive(Default)]
struct Differences {
    of: BTreeMap<Name, Vec<Difference>>,
    photographs: BTreeSet<String>,
    pairs: usize,
    lesions: LesionDifferences,
    /// Metrics that count from a threshold.
    thresholds: BTreeSet<Name>,
    /// Pairs left out, by status and reasons.
    left_out: BTreeMap<String, usize>,
}

impl Differences {
    /// Takes a report in where its status is one of `accepted`.
    fn take(&mut self, photograph: &str, report: &Report, accepted: &[Status]) {
        if !accepted.contains(&report.status) {
            let codes: BTreeSet<&str> = report.reasons.iter().map(|r| r.code.as_str()).collect();
            let why = format!("{:?}: {}", report.status, codes.into_iter().collect::<Vec<_>>().join(", "));
            eprintln!("left out: {photograph}: {why}");
            *self.left_out.entry(why).or_default() += 1;
            return;
        }
        self.pairs += 1;
        self.photographs.insert(photograph.to_owned());
        self.lesions.take(photograph, report);
        for (name, metric, axis) in metrics(report) {
            let leverage = metric.leverage.unwrap_or(0.0);
            if let Some((d, value)) = difference(metric, axis) {
                let (photograph, size) =
                    (photograph.to_owned(), noise_size(value, leverage, metric.threshold));
                self.of.entry(name).or_default().push(Difference { photograph, d, size, leverage });
            }
            if metric.threshold.is_some() {
                self.thresholds.insert(name);
            }
        }
    }

    /// Moves what counts from a threshold to the differences of other pairs.
    fn join(&mut self, others: &mut Self) {
        for name in &self.thresholds {
            others.of.entry(*name).or_default().extend(self.of.remove(name).unwrap_or_default());
        }
    }

    fn counts(&self) -> String {
        format!("{} pairs of {} photographs", self.pairs, self.photographs.len())
    }

    /// One entry for each metric that enough photographs contributed to.
    fn entries(&self, setting: Setting) -> Vec<NoiseEntry> {
        let entry = |(name, axis): (Name, Axis)| {
            let differences = self.of.get(&name)?;
            let fit = Fit::of(differences);
            // Where contrast explains all, the floor is as good as none; a tenth of contrast adds next to nothing.
            let s_w = fit.floor.max(fit.rms_of_larger_half(differences)).max(0.1 * fit.contrast);
            let version = measure::find(name.0, name.1)?.version;
            let part = |part: f64| if part < LEAST_PART { 0.0 } else { rounded(part) };
            (fit.photographs >= LEAST_PHOTOGRAPHS && s_w > 0.0).then(|| NoiseEntry {
                measure: name.0.to_owned(),
                metric: name.1.to_owned(),
                setting,
                s_w: rounded(s_w),
                grain: part(fit.grain),
                contrast: part(fit.contrast),
                logarithmic: axis == Axis::Ln,
                df: fit.photographs as f64,
                definition: version,
                source: NoiseSource::Prior,
            })
        };
        all_metrics().filter_map(entry).collect()
    }

    /// What went in and what came out, on stderr.
    fn tell(&self, setting: &str) {
        eprintln!("\n{setting}: {}", self.counts());
        for (why, pairs) in &self.left_out {
            eprintln!("  left out: {pairs} pairs, {why}");
        }
        eprintln!(
            "  {:<40} {:>6} {:>5} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8}",
            "metric", "photos", "pairs", "rms", "s_w", "grain", "contrast", "least", "most", "beyond %"
        );
        let (mut all, mut all_beyond) = (0, 0);
        for (name, _) in all_metrics() {
            let Some(differences) = self.of.get(&name) else { continue };
            let fit = Fit::of(differences);
            let beyond = beyond_what_others_show(differences);
            (all, all_beyond) = (all + differences.len(), all_beyond + beyond);
            let sizes = || differences.iter().map(|d| d.size);
            eprintln!(
                "  {:<40} {:>6} {:>5} {:>10.6} {:>10.6} {:>10.6} {:>10.6} {:>10.4} {:>10.4} {:>8.1}",
                format!("{}.{}", name.0, name.1),
                fit.photographs,
                differences.len(),
                rms(differences),
                fit.floor.max(fit.rms_of_larger_half(differences)),
                fit.grain,
                fit.contrast,
                sizes().fold(f64::INFINITY, f64::min),
                sizes().fold(0.0, f64::max),
                100.0 * beyond as f64 / differences.len() as f64,
            );
            tell_by_leverage(differences, &fit);
        }
        let share = 100.0 * all_beyond as f64 / all.max(1) as f64;
        eprintln!("  beyond, of all: {all_beyond} of {all} ({share:.1} %)");
        self.lesions.tell(setting);
    }
}

/// Whether one contrast explains values of little leverage and of much: by quarters, from the least to the most.
fn tell_by_leverage(differences: &[Difference], fit: &Fit) {
    let mut levered: Vec<Difference> = differences.iter().filter(|d| d.leverage > 0.0).cloned().collect();
    levered.sort_by(|a, b| a.leverage.total_cmp(&b.leverage));
    for quarter in levered.chunks(levered.len().div_ceil(4).max(1)) {
        let mean =
            |of: &dyn Fn(&Difference) -> f64| quarter.iter().map(of).sum::<f64>() / quarter.len() as f64;
        eprintln!(
            "    leverage {:.3} to {:.3}: {} pairs, rms {:.6}, as fitted {:.6}, per leverage {:.6}",
            quarter[0].leverage,
            quarter[quarter.len() - 1].leverage,
            quarter.len(),
            rms(quarter),
            mean(&|d| fit.s_w(d).powi(2)).sqrt(),
            (mean(&|d| (d.d / d.leverage).powi(2)) / 2.0).sqrt(),
        );
    }
}

/// Every metric, in the order of a report.
fn all_metrics() -> impl Iterator<Item = (Name, Axis)> {
    measure::ALL.iter().flat_map(|m| m.metrics.iter().map(|k| ((m.name, k.name), k.axis)))
}

fn metrics(report: &Report) -> impl Iterator<Item = (Name, &Metric, Axis)> {
    all_metrics()
        .filter_map(|(name, axis)| Some((name, report.measures.get(name.0)?.metrics.get(name.1)?, axis)))
}

/// On the metric's axis, and of what size.
fn difference(metric: &Metric, axis: Axis) -> Option<(f64, f64)> {
    let (before, after) = (metric.before?, metric.after?);
    match axis {
        Axis::Raw => Some((after - before, f64::INFINITY)),
        Axis::Ln => (before > 0.0 && after > 0.0).then(|| ((after / before).ln(), 0.5 * (before + after))),
    }
}

// Check.

/// Tries a table on unchanged pairs.
fn check_table(data: &Path, table: &Path, most: usize) -> Result<(), Failure> {
    let analyzer = analyzer()?.with_noise(NoiseTable::parse(&std::fs::read_to_string(table)?)?);
    let mut phantoms = Alarms::default();
    for seed in CHECK_PHANTOMS.take(most) {
        phantoms.take(&compare_phantom(&analyzer, seed)?);
    }
    phantoms.tell("phantoms");

    let mut fresh = Alarms::default();
    for closeup in closeups(data)?.iter().take(most) {
        for pair in 0..CHECK_PAIRS {
            let all = Options::default();
            fresh.take(&closeup.compare(&analyzer, CHECK_SEED + pair, Recapture::random, &all)?);
        }
    }
    fresh.tell("close-ups, virtually re-captured with other seeds");

    let mut same = Alarms::default();
    for face in faces(data)?.iter().take(most) {
        same.take(&face.compare(&analyzer)?);
    }
    same.tell("faces, the same that the table was made from");
    Ok(())
}

/// Verdicts on unchanged pairs.
#[derive(Default)]
struct Alarms {
    statuses: BTreeMap<Status, usize>,
    /// Of each metric, verdicts that had a noise to be held against, and those that claim a change.
    of: BTreeMap<Name, (usize, usize)>,
    /// Of each metric, changes as multiples of the smallest detectable one, squared and summed.
    squares: BTreeMap<Name, f64>,
    /// Pairs with any claim.
    alarmed: usize,
    lesions: LesionAlarms,
}

impl Alarms {
    fn take(&mut self, report: &Report) {
        *self.statuses.entry(report.status).or_default() += 1;
        let mut any = false;
        for (name, metric, _) in metrics(report).filter(|(_, m, _)| m.noise_source.is_some()) {
            let claims = metric.verdict.is_some_and(Verdict::claims_change);
            let (verdicts, alarms) = self.of.entry(name).or_default();
            *verdicts += 1;
            *alarms += usize::from(claims);
            any |= claims;
            if let (Some(change), Some(smallest)) = (metric.change, metric.smallest_detectable_change) {
                *self.squares.entry(name).or_default() += (change / smallest).powi(2);
            }
        }
        self.alarmed += usize::from(any);
        self.lesions.take(report);
    }

    fn tell(&self, what: &str) {
        let share = |(verdicts, alarms): (usize, usize)| {
            format!("{alarms} of {verdicts} ({:.1} %)", 100.0 * alarms as f64 / verdicts.max(1) as f64)
        };
        let sum = |primary_only: bool| {
            let counts = |n: &Name| measure::find(n.0, n.1).is_some_and(|m| m.primary || !primary_only);
            self.of.iter().filter(|(n, _)| counts(n)).fold((0, 0), |s, (_, c)| (s.0 + c.0, s.1 + c.1))
        };
        println!("\n{what}: {:?}", self.statuses);
        println!("  verdicts that claim a change: {}", share(sum(false)));
        println!("  of primary endpoints: {}", share(sum(true)));
        println!("  pairs with any claim: {}", self.alarmed);
        self.lesions.tell();
        for (name, _) in all_metrics() {
            let Some(&counts) = self.of.get(&name) else { continue };
            let primary = measure::find(name.0, name.1).is_some_and(|m| m.primary);
            let squares = self.squares.get(&name).copied().unwrap_or_default();
            println!(
                "  {:<40} {:<8} {:<18} rms change: {:.2} of the smallest detectable",
                format!("{}.{}", name.0, name.1),
                if primary { "primary" } else { "" },
                share(counts),
                (squares / counts.0.max(1) as f64).sqrt()
            );
        }
    }
}
