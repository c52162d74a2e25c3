//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::analyzer::{Light, Options};
use crate::batch::Shard;
use crate::calibrate::MM_PER_PX;
use crate::calibrate::card::CardFormat;
use crate::calibrate::chart::Edition;
use crate::change::{NoiseFile, NoiseFileError};
use crate::engine::EngineChoice;
use crate::height::HeightSource;
use crate::photo::Limits;
use crate::region::{NamedRegionFile, is_region_name};
use crate::report::TableFormat;
use crate::report::pictures::Drawn;
use crate::share::{ShareKey, ShareKeyError};

/// Measures what a treatment did to skin, from before and after photographs, and how surely.
///
/// For research and documentation use; not a medical device.
#[derive(Debug, Parser)]
#[command(name = "dermetric", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Tells on stderr, at the end, where the time went: by stages, by operators and, on a GPU, by passes.
    #[arg(long, global = true)]
    pub profile: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compares a photograph after treatment with one before.
    Compare(Box<CompareArguments>),
    /// Measures one photograph.
    Measure(MeasureArguments),
    /// Checks photographs, or whether two can be compared, before anything is measured.
    Check(CheckArguments),
    /// Compares the pairs of a folder or of a manifest.
    Batch(BatchArguments),
    /// Makes one of the parts of a batch that several machines compared (`batch --shard`).
    Merge(MergeArguments),
    /// Compares every visit of a series with the first, and says how redness goes back.
    Series(SeriesArguments),
    /// Measures how well metrics repeat with a clinic's own camera and hands: the noise file of `--noise`.
    Repeatability(RepeatabilityArguments),
    /// Sums up many people's reports: mean changes, effect sizes and responders, by site and by skin color.
    Study(StudyArguments),
    /// Writes a pair of synthetic photographs with known truth.
    Phantom(PhantomArguments),
    /// Writes a marker card to print: laid beside the skin, it gives scale and white balance.
    Card(CardArguments),
    /// Lists the engines of this machine and tests each against the phantom.
    Doctor(DoctorArguments),
    /// Prints the JSON Schema of the report.
    Schema,
    /// Prints shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
}

/// `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Photograph before treatment.
    pub before: PathBuf,
    /// Photograph after treatment.
    pub after: PathBuf,
    /// Further captures of the visit before treatment.
    #[arg(long, value_name = "FILE")]
    pub before_repeat: Vec<PathBuf>,
    /// Further captures of the visit after treatment.
    #[arg(long, value_name = "FILE")]
    pub after_repeat: Vec<PathBuf>,
    /// Millimetres per pixel of the before-photographs, where it differs.
    #[arg(long, value_name = "X", value_parser = millimetres_per_pixel, conflicts_with = "mm_per_px")]
    pub mm_per_px_before: Option<f64>,
    /// Millimetres per pixel of the after-photographs, where it differs.
    #[arg(long, value_name = "X", value_parser = millimetres_per_pixel, conflicts_with = "mm_per_px")]
    pub mm_per_px_after: Option<f64>,
    /// Days between the two visits, where the photographs' dates do not tell.
    #[arg(long, value_name = "N")]
    pub days: Option<i32>,
    /// Places seen on both photographs, for a pair that does not align by itself: JSON
    /// {"pairs": [{"before": [x, y], "after": [x, y]}, …]} in pixels, four pairs or more.
    #[arg(long, value_name = "FILE")]
    pub landmarks: Option<PathBuf>,
    /// Which site this is, as the noise file names it.
    #[arg(long, value_name = "SITE")]
    pub view: Option<String>,
    /// Takes the pair again, virtually, N times (another pose, exposure, white balance, focus, noise, coding), and reports
    /// how often each verdict flips.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "8", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub self_test: Option<u32>,
    #[command(flatten)]
    pub shown: ShownArguments,
    #[command(flatten)]
    pub noise: NoiseArguments,
    #[command(flatten)]
    pub heights: PairHeightArguments,
    #[command(flatten)]
    pub common: MeasuringArguments,
    #[command(flatten)]
    pub output: OutputArguments,
    #[command(flatten)]
    pub page: PageArguments,
    #[command(flatten)]
    pub tables: TableArguments,
    #[command(flatten)]
    pub share: ShareArguments,
    #[command(flatten)]
    pub engine: EngineArguments,
    #[command(flatten)]
    pub talk: TalkArguments,
}

/// `measure`.
#[derive(Debug, Args)]
pub struct MeasureArguments {
    /// The photograph.
    pub photo: PathBuf,
    #[command(flatten)]
    pub shown: ShownArguments,
    #[command(flatten)]
    pub heights: HeightArguments,
    #[command(flatten)]
    pub common: MeasuringArguments,
    #[command(flatten)]
    pub output: OutputArguments,
    /// Writes report.html beside the report: one page for people, with the pictures in it. It needs no network.
    #[arg(long, requires = "out")]
    pub html: bool,
    #[command(flatten)]
    pub share: ShareArguments,
    #[command(flatten)]
    pub engine: EngineArguments,
    #[command(flatten)]
    pub talk: TalkArguments,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The photographs.
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// Takes two photographs, before and after, and checks whether they can be compared.
    #[arg(long)]
    pub pair: bool,
    /// Millimetres per pixel. Without it or a marker card, resolution is not checked.
    #[arg(long, value_name = "X", value_parser = millimetres_per_pixel)]
    pub mm_per_px: Option<f64>,
    /// What is to be measured, as for `measure`.
    #[arg(long, value_name = "FILE")]
    pub region: Option<PathBuf>,
    #[command(flatten)]
    pub beside: BesideArguments,
    /// One JSON object a verdict, on a terminal too.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// `batch`.
#[derive(Debug, Args)]
pub struct BatchArguments {
    /// A folder of pairs NAME_before.* and NAME_after.*, or a CSV with the columns pair, before, after.
    #[arg(value_name = "FOLDER|MANIFEST.csv")]
    pub input: PathBuf,
    /// Where the reports go: DIR/<pair>/report.json, DIR/summary.json and the log DIR/run.jsonl.
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Prints which photographs make which pair, and measures nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Compares one part of the pairs only: the K-th of N, for N machines. `merge` makes one of the parts.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub tables: TableArguments,
    #[command(flatten)]
    pub share: ShareArguments,
    #[command(flatten)]
    pub noise: NoiseArguments,
    #[command(flatten)]
    pub many: ManyArguments,
}

/// `merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The folder or manifest that the batch was of.
    #[arg(value_name = "FOLDER|MANIFEST.csv")]
    pub input: PathBuf,
    /// Where all results are to lie: those that lie there stay.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A folder of results of another machine; may be repeated.
    #[arg(long, value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// Writes DIR/index.html: all pairs on one page, to search, sort and filter. It needs no network.
    #[arg(long)]
    pub html: bool,
    #[command(flatten)]
    pub tables: TableArguments,
    #[command(flatten)]
    pub share: ShareArguments,
    #[command(flatten)]
    pub talk: TalkArguments,
}

/// How many pairs are run.
#[derive(Debug, Args)]
pub struct ManyArguments {
    /// Writes pictures beside each report.
    #[arg(long)]
    pub overlays: bool,
    /// Writes pages for people: report.html beside each report, with the pictures in it, and DIR/index.html over all of them. They
    /// need no network.
    #[arg(long)]
    pub html: bool,
    /// Pairs in flight at once. Reports are the same whatever the number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Measures pairs again whose report in DIR follows from the same photographs, options and program.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub common: MeasuringArguments,
    #[command(flatten)]
    pub engine: EngineArguments,
    #[command(flatten)]
    pub talk: TalkArguments,
}

/// `series`.
#[derive(Debug, Args)]
pub struct SeriesArguments {
    /// A CSV with the columns series, day, photo: one row a visit. The earliest visit of a series is its
    /// baseline; also repeat, mm_per_px, and on the first row of a series subject, view, region, reference.
    #[arg(value_name = "MANIFEST.csv")]
    pub manifest: PathBuf,
    /// Where the results go: DIR/<series>/series.json, its downtime.svg, with --html its series.html, and
    /// DIR/<series>/day-<N>/report.json for every visit.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub tables: TableArguments,
    #[command(flatten)]
    pub share: ShareArguments,
    #[command(flatten)]
    pub noise: NoiseArguments,
    #[command(flatten)]
    pub many: ManyArguments,
}

/// `repeatability`.
#[derive(Debug, Args)]
pub struct RepeatabilityArguments {
    /// A CSV with the columns set, captures: one row for one person's skin at one site on one visit, captured again and
    /// again; captures is a folder, or files with | between. Also subject, view (the site), mm_per_px, region, reference.
    #[arg(value_name = "MANIFEST.csv")]
    pub manifest: PathBuf,
    /// The noise file. Beside it, NAME.svg shows how captures agree, and NAME.captures holds every report.
    #[arg(long, value_name = "FILE.json", value_parser = json_file)]
    pub out: PathBuf,
    #[command(flatten)]
    pub many: ManyArguments,
}

/// `study`.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// The results of a `batch` or a `series`: every report.json below it is read.
    #[arg(value_name = "DIR")]
    pub reports: PathBuf,
    /// Where study.json, study.csv, forest.svg and study.html go; without it, the JSON goes to stdout.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Noise that verdicts rest on.
#[derive(Debug, Args)]
pub struct NoiseArguments {
    /// A noise file of `repeatability`: a change beyond it is sure where it covers camera, site, skin and resolution of the
    /// pair. Where it does not, the report says so, and the built-in noise is used.
    #[arg(long = "noise", value_name = "FILE.json")]
    pub file: Option<PathBuf>,
}

/// `phantom`.
#[derive(Debug, Args)]
pub struct PhantomArguments {
    /// Where the photographs and their truth go.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Another seed makes other skin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The light.
    #[arg(long, value_enum, default_value_t = LightArgument::Oblique)]
    pub light: LightArgument,
}

/// `card`.
#[derive(Debug, Args)]
pub struct CardArguments {
    /// Where the card goes: a name that ends in .svg or .pdf.
    #[arg(long, value_name = "FILE.svg|FILE.pdf", value_parser = card_path)]
    pub out: CardPath,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// What to measure, and what is known of the photographs.
#[derive(Debug, Args)]
pub struct MeasuringArguments {
    /// Millimetres per pixel. Without it or a marker card, lengths and areas are not reported.
    #[arg(long, value_name = "X", value_parser = millimetres_per_pixel)]
    pub mm_per_px: Option<f64>,
    /// What to measure: a mask picture (white = use) or polygons in JSON, in the pixels of the
    /// (first before-) photograph. Without it, the skin that is found. Several regions, each with
    /// its own numbers: NAME=FILE as often as needed, or one JSON {"regions": [{"name": …, "polygons": […]}, …]}.
    #[arg(long, value_name = "[NAME=]FILE", value_parser = region)]
    pub region: Vec<RegionArgument>,
    /// Untreated skin, given like --region.
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,
    #[command(flatten)]
    pub beside: BesideArguments,
    /// How the skin was lit.
    #[arg(long, value_enum, default_value_t = LightArgument::Unknown)]
    pub light: LightArgument,
    /// Both visits of a pair come from one fixed set-up of camera and lamps: relief that changed everywhere is not taken for
    /// another light. Photographs whose light plainly differs are still refused.
    #[arg(long)]
    pub light_fixed: bool,
    /// Largest photograph, in pixels.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_pixels)]
    pub max_pixels: u64,
    /// Memory to stay within, in bytes or as 800M, 4G: photographs that need more are refused, and of many pairs only as
    /// many are in flight as fit.
    #[arg(long, value_name = "N", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

/// True heights of the view of one photograph.
#[derive(Debug, Args)]
pub struct HeightArguments {
    /// A height map of the same view, of any size in the photograph's ratio of sides: 16-bit gray PNG or TIFF,
    /// or 32-bit float gray TIFF. NaN is void.
    #[arg(long, value_name = "FILE", conflicts_with = "lights")]
    pub height: Option<PathBuf>,
    /// Photographs of the same view from a fixed camera in the dark, each under one lamp of known direction: JSON
    /// {"lights": [{"photo": FILE, "direction": [x, y, z]}, …]}, three lamps or more. Directions are unit vectors
    /// from the skin to the lamp: x to the right, y down, z towards the camera. Four lamps or more allow for
    /// shadows; "intensity" of a lamp may stand beside.
    #[arg(long, value_name = "FILE")]
    pub lights: Option<PathBuf>,
    #[command(flatten)]
    pub unit: HeightUnitArguments,
}

/// True heights of the views of a pair.
#[derive(Debug, Args)]
pub struct PairHeightArguments {
    /// A height map of the before-photograph's view, as `measure --height` takes it; given again, those of
    /// --before-repeat in their order.
    #[arg(long, value_name = "FILE", conflicts_with = "before_lights")]
    pub before_height: Vec<PathBuf>,
    /// A height map of the after-photograph's view, alike.
    #[arg(long, value_name = "FILE", conflicts_with = "after_lights")]
    pub after_height: Vec<PathBuf>,
    /// Photographs of the before-photograph's view under known lamps, as `measure --lights` takes them; given
    /// again, those of --before-repeat in their order.
    #[arg(long, value_name = "FILE")]
    pub before_lights: Vec<PathBuf>,
    /// Photographs of the after-photograph's view under known lamps, alike.
    #[arg(long, value_name = "FILE")]
    pub after_lights: Vec<PathBuf>,
    #[command(flatten)]
    pub unit: HeightUnitArguments,
}

/// What the values of height maps are worth.
#[derive(Debug, Args)]
pub struct HeightUnitArguments {
    /// µm of height per unit of a height map; below 0 where larger values lie deeper. Needed for 16 bits;
    /// floats are µm without it.
    #[arg(long, value_name = "X", value_parser = unit, allow_hyphen_values = true)]
    pub height_um_per_unit: Option<f64>,
    /// The value of a height map that stands for no height. Without it, 0 does in 16 bits.
    #[arg(long, value_name = "V", value_parser = finite, allow_hyphen_values = true)]
    pub height_void: Option<f64>,
}

/// What is known of things seen beside the skin. A marker card needs no word.
#[derive(Debug, Clone, Args)]
pub struct BesideArguments {
    /// Distance between the centers of neighboring patches of a 24-patch color chart that the photographs
    /// show, in mm: with it, the chart gives the scale.
    #[arg(long, value_name = "X", value_parser = length)]
    pub chart_pitch_mm: Option<f64>,
    /// When that chart was made: its colors changed in November 2014.
    #[arg(long, value_enum, default_value_t = EditionArgument::Since2014)]
    pub chart_edition: EditionArgument,
    /// Diameter of the iris on the (first before-) photograph, in pixels: gives the scale where nothing
    /// better does, within 4.3 %.
    #[arg(long, value_name = "D", value_parser = length)]
    pub iris_px: Option<f64>,
}

/// `--region`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionArgument {
    /// A file without a name.
    File(PathBuf),
    /// A file with a name.
    Named(NamedRegionFile),
}

impl RegionArgument {
    /// The file.
    pub fn file(&self) -> &PathBuf {
        match self {
            Self::File(file) => file,
            Self::Named(named) => &named.file,
        }
    }
}

/// Where results go.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// Writes DIR/report.json instead of printing it.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Writes pictures beside the report.
    #[arg(long, requires = "out")]
    pub overlays: bool,
}

/// The page of a pair.
#[derive(Debug, Clone, Copy, Args)]
pub struct PageArguments {
    /// Writes report.html beside the report: one page for people, with the pictures in it. It needs no network.
    #[arg(long, requires = "out")]
    pub html: bool,
}

/// Metrics as tables, beside the report or over all of them.
#[derive(Debug, Clone, Args)]
pub struct TableArguments {
    /// Writes metrics.csv, one row a metric of each pair, and dictionary.csv, which tells what they are: --format csv.
    #[arg(long, requires = "out")]
    pub csv: bool,
    /// Writes tables of these kinds, a comma between.
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',', requires = "out")]
    pub format: Vec<FormatArgument>,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArgument {
    /// metrics.csv, one row a metric, and dictionary.csv.
    Csv,
    /// redcap.csv, one row a pair and region, to import into REDCap, and its data dictionary redcap_dictionary.csv.
    Redcap,
    /// metrics.parquet, one row a metric, and dictionary.csv; by programs that were built with the feature `parquet`.
    Parquet,
}

impl TableArguments {
    /// The kinds of tables that are asked for; or, as a line for people, which this program cannot write.
    pub fn formats(&self) -> Result<Vec<TableFormat>, String> {
        let csv = self.csv.then_some(FormatArgument::Csv);
        csv.iter()
            .chain(&self.format)
            .map(|format| match format {
                FormatArgument::Csv => Ok(TableFormat::Csv),
                FormatArgument::Redcap => Ok(TableFormat::Redcap),
                #[cfg(feature = "parquet")]
                FormatArgument::Parquet => Ok(TableFormat::Parquet),
                #[cfg(not(feature = "parquet"))]
                FormatArgument::Parquet => Err(
                    "--format parquet: expected a program built with the feature parquet, found one without"
                        .to_owned(),
                ),
            })
            .collect()
    }
}

/// What may be handed on.
#[derive(Debug, Clone, Args)]
pub struct ShareArguments {
    /// Writes what may be handed on: names of people, pairs, files and cameras become keyed hashes or numbers, photographs' hashes
    /// keyed ones, and pictures hide eyes. Look at the pictures before you hand them on.
    #[arg(long)]
    pub share: bool,
    /// A key of 16 bytes or more: the same key gives the same pseudonyms, in another run too. Keep it to yourself. Without it,
    /// every run has a key of its own that nobody keeps.
    #[arg(long, value_name = "FILE", requires = "share")]
    pub share_key: Option<PathBuf>,
}

impl ShareArguments {
    /// The key, where it is to be shared.
    pub fn key(&self) -> Result<Option<ShareKey>, ShareKeyError> {
        match (&self.share_key, self.share) {
            (Some(file), _) => ShareKey::load(file).map(Some),
            (None, true) => ShareKey::random().map(Some),
            (None, false) => Ok(None),
        }
    }
}

/// What measures.
#[derive(Debug, Clone, Args)]
pub struct EngineArguments {
    /// A hardware GPU where there is one, else the CPU; or one of them.
    #[arg(long, value_enum, default_value_t = EngineArgument::Auto)]
    pub engine: EngineArgument,
    /// A GPU by index, PCI address or part of its name, as `doctor` lists them.
    #[arg(long, value_name = "SELECTOR")]
    pub gpu: Option<String>,
    /// CPU threads; 0 is one for each core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
}

/// Lines that people read first.
#[derive(Debug, Clone, Copy, Args)]
pub struct ShownArguments {
    /// Lists every metric on the terminal, not only the main ones.
    #[arg(long)]
    pub all: bool,
}

/// How much is said.
#[derive(Debug, Clone, Args)]
pub struct TalkArguments {
    /// Says nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
    /// How progress is told.
    #[arg(long, value_enum, default_value_t = ProgressArgument::Auto)]
    pub progress: ProgressArgument,
}

/// `--engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineArgument {
    /// A hardware GPU where there is one, else the CPU.
    Auto,
    /// A GPU; a software adapter only when --gpu names it.
    Gpu,
    /// The CPU.
    Cpu,
}

/// `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressArgument {
    /// A bar on a terminal, nothing elsewhere.
    Auto,
    /// One JSON object a line, on stderr.
    Json,
}

/// `--chart-edition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EditionArgument {
    /// Since November 2014.
    #[value(name = "since-2014")]
    Since2014,
    /// Before.
    #[value(name = "before-2014")]
    Before2014,
}

/// `--light`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LightArgument {
    /// From the camera.
    Frontal,
    /// From one side.
    Oblique,
    /// From both sides.
    Bilateral,
    /// From everywhere.
    Diffuse,
    /// Not known.
    Unknown,
}

impl EngineArguments {
    /// The engine asked for. `--gpu` asks for a GPU whatever `--engine auto` would take.
    pub fn choice(&self) -> EngineChoice {
        match (self.engine, &self.gpu) {
            (EngineArgument::Cpu, _) => EngineChoice::Cpu,
            (_, Some(selector)) => EngineChoice::Gpu(Some(selector.clone())),
            (EngineArgument::Gpu, None) => EngineChoice::Gpu(None),
            (EngineArgument::Auto, None) => EngineChoice::Auto,
        }
    }
}

impl MeasuringArguments {
    /// Limits for decoding.
    pub fn limits(&self) -> Limits {
        let max_memory_bytes = self.max_memory.unwrap_or(Limits::default().max_memory_bytes);
        Limits { max_pixels: self.max_pixels, max_memory_bytes }
    }

    /// The one region without a name; the regions with names; or, as a line for people, why there are too many.
    pub fn regions(&self) -> Result<(Option<PathBuf>, Vec<NamedRegionFile>), String> {
        let (mut files, mut named) = (Vec::new(), Vec::<NamedRegionFile>::new());
        for argument in &self.region {
            match argument {
                RegionArgument::File(file) => files.push(file.clone()),
                RegionArgument::Named(one) if named.iter().any(|other| other.name == one.name) => {
                    return Err(format!(
                        "--region: found the name {} twice, expected names that differ",
                        one.name
                    ));
                }
                RegionArgument::Named(one) => named.push(one.clone()),
            }
        }
        if files.len() + usize::from(!named.is_empty()) > 1 {
            let (files, named) = (files.len(), named.len());
            return Err(format!(
                "--region: found {files} without a name and {named} with one, expected one FILE, or NAME=FILE only"
            ));
        }
        Ok((files.pop(), named))
    }

    /// What the analyzer is asked for. Regions that [`MeasuringArguments::regions`] refuses are none.
    pub fn options(&self, drawn: Drawn) -> Options {
        let (region, named_regions) = self.regions().unwrap_or_default();
        Options {
            mm_per_px_before: self.mm_per_px,
            mm_per_px_after: self.mm_per_px,
            region,
            named_regions,
            reference: self.reference.clone(),
            light: self.light.into(),
            light_fixed: self.light_fixed,
            limits: self.limits(),
            max_memory_bytes: self.max_memory,
            pictures: drawn.sheets || drawn.page,
            drawn,
            ..self.beside.options()
        }
    }
}

impl NoiseArguments {
    /// The clinic's own noise, where there is one.
    pub fn load(&self) -> Result<Option<NoiseFile>, NoiseFileError> {
        self.file.as_deref().map(NoiseFile::load).transpose()
    }
}

impl BesideArguments {
    /// Options that say this and nothing else.
    fn options(&self) -> Options {
        Options {
            chart_pitch_mm: self.chart_pitch_mm,
            chart_edition: match self.chart_edition {
                EditionArgument::Since2014 => Edition::Since2014,
                EditionArgument::Before2014 => Edition::Before2014,
            },
            iris_px: self.iris_px,
            ..Options::default()
        }
    }
}

impl HeightUnitArguments {
    fn maps(&self, files: &[PathBuf]) -> impl Iterator<Item = HeightSource> {
        let (um_per_unit, void) = (self.height_um_per_unit, self.height_void);
        files.iter().cloned().map(move |file| HeightSource::Map { file, um_per_unit, void })
    }
}

/// Either, as clap sees to it.
fn heights(unit: &HeightUnitArguments, maps: &[PathBuf], lights: &[PathBuf]) -> Vec<HeightSource> {
    unit.maps(maps).chain(lights.iter().cloned().map(HeightSource::Lights)).collect()
}

impl MeasureArguments {
    /// What the analyzer is asked for.
    pub fn options(&self) -> Options {
        let HeightArguments { height, lights, unit } = &self.heights;
        let mut options = self.common.options(Drawn { sheets: self.output.overlays, page: self.html });
        options.heights_before = heights(unit, height.as_slice(), lights.as_slice());
        options
    }
}

impl CheckArguments {
    /// What the analyzer is asked for.
    pub fn options(&self) -> Options {
        Options {
            mm_per_px_before: self.mm_per_px,
            mm_per_px_after: self.mm_per_px,
            region: self.region.clone(),
            ..self.beside.options()
        }
    }
}

impl CompareArguments {
    /// What the analyzer is asked for; a scale of one visit overrules nothing, since clap refuses
    /// both at once.
    pub fn options(&self) -> Options {
        let drawn = Drawn { sheets: self.output.overlays, page: self.page.html };
        let mut options = self.common.options(drawn);
        options.mm_per_px_before = self.mm_per_px_before.or(options.mm_per_px_before);
        options.mm_per_px_after = self.mm_per_px_after.or(options.mm_per_px_after);
        options.landmarks.clone_from(&self.landmarks);
        options.view.clone_from(&self.view);
        options.days = self.days;
        let given = &self.heights;
        options.heights_before = heights(&given.unit, &given.before_height, &given.before_lights);
        options.heights_after = heights(&given.unit, &given.after_height, &given.after_lights);
        options
    }
}

impl From<LightArgument> for Light {
    fn from(light: LightArgument) -> Self {
        match light {
            LightArgument::Frontal => Self::Frontal,
            LightArgument::Oblique => Self::Oblique,
            LightArgument::Bilateral => Self::Bilateral,
            LightArgument::Diffuse => Self::Diffuse,
            LightArgument::Unknown => Self::Unknown,
        }
    }
}

/// `NAME=FILE` where what stands before the first `=` can be a name, else `FILE`.
fn region(text: &str) -> Result<RegionArgument, String> {
    let Some((name, file)) = text.split_once('=') else { return Ok(RegionArgument::File(text.into())) };
    // A path such as ./a=b.json holds what no name does.
    if name.contains(['/', '\\', '.', ':']) {
        return Ok(RegionArgument::File(text.into()));
    }
    if !is_region_name(name) {
        return Err(format!("found the region name {name:?}, expected letters, digits, - and _"));
    }
    if file.is_empty() {
        return Err(format!("found no file after {name}=, expected NAME=FILE"));
    }
    Ok(RegionArgument::Named(NamedRegionFile { name: name.to_owned(), file: file.into() }))
}

/// A file for a card, and the kind that its name asks for.
#[derive(Debug, Clone)]
pub struct CardPath {
    /// The file.
    pub file: PathBuf,
    /// Its kind.
    pub format: CardFormat,
}

fn card_path(text: &str) -> Result<CardPath, String> {
    let file = PathBuf::from(text);
    let ends = |with: &str| file.extension().is_some_and(|e| e.eq_ignore_ascii_case(with));
    let format = if ends("svg") { Some(CardFormat::Svg) } else { ends("pdf").then_some(CardFormat::Pdf) };
    match format {
        Some(format) => Ok(CardPath { file, format }),
        None => Err(format!("found {text}, expected a name that ends in .svg or .pdf")),
    }
}

fn json_file(text: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(text);
    match file.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("json") => Ok(file),
        _ => Err(format!("found {text}, expected a name that ends in .json")),
    }
}

fn length(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        _ => Err(format!("found {text}, expected a length above 0")),
    }
}

fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("found {text}, expected a number")),
    }
}

fn unit(text: &str) -> Result<f64, String> {
    match finite(text) {
        Ok(value) if value != 0.0 => Ok(value),
        _ => Err(format!("found {text}, expected µm per unit, other than 0")),
    }
}

/// A number of bytes, with K, M or G for thousands, millions and billions.
fn bytes(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let units = [("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];
    let with_unit = units.iter().find_map(|&(letter, unit)| Some((upper.strip_suffix(letter)?, unit)));
    let (number, unit) = with_unit.unwrap_or((&upper, 1));
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    bytes
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "expected a number of bytes, such as 800M or 4G".to_owned())
}

fn millimetres_per_pixel(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if MM_PER_PX.contains(&value) => Ok(value),
        _ => Err(format!(
            "found {text}, expected millimetres per pixel from {} to {}",
            MM_PER_PX.start(),
            MM_PER_PX.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn scales_that_are_none_are_refused() {
        for text in ["0", "-0.1", "NaN", "inf", "abc", "100"] {
            assert!(millimetres_per_pixel(text).is_err(), "{text}");
        }
        assert_eq!(millimetres_per_pixel("0.05"), Ok(0.05));
    }

    #[test]
    fn bytes_have_units_or_none() {
        for (text, expected) in [("1000", 1000), ("800M", 800_000_000), ("4g", 4_000_000_000), (" 7k ", 7000)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "0", "G", "4GG", "-1", "1.5G", "99999999999999999999", "99999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn regions_have_names_or_none() {
        let named = |name: &str, file: &str| {
            RegionArgument::Named(NamedRegionFile { name: name.to_owned(), file: file.into() })
        };
        assert_eq!(region("cheek.json"), Ok(RegionArgument::File("cheek.json".into())));
        assert_eq!(region("left_cheek=a=b.json"), Ok(named("left_cheek", "a=b.json")));
        assert_eq!(region("./a=b.json"), Ok(RegionArgument::File("./a=b.json".into())));
        assert!(region("my cheek=b.json").unwrap_err().contains("\"my cheek\""));
        assert!(region("chin=").unwrap_err().contains("expected NAME=FILE"));
    }

    #[test]
    fn naming_a_gpu_asks_for_one() {
        let arguments =
            |engine, gpu: Option<&str>| EngineArguments { engine, gpu: gpu.map(str::to_owned), threads: 0 };
        assert_eq!(arguments(EngineArgument::Auto, None).choice(), EngineChoice::Auto);
        assert_eq!(
            arguments(EngineArgument::Auto, Some("0")).choice(),
            EngineChoice::Gpu(Some("0".to_owned()))
        );
        assert_eq!(arguments(EngineArgument::Gpu, None).choice(), EngineChoice::Gpu(None));
        assert_eq!(arguments(EngineArgument::Cpu, Some("0")).choice(), EngineChoice::Cpu);
    }
}
