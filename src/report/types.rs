//! The report. Other programs rely on these names: within schema 1.x fields are only added.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scale::ClinicalScale;
use super::skin_tone::SkinTone;
use crate::calibrate::LightSource;
use crate::change::{AllowanceSource, Controlled, NoiseSource, Verdict};
use crate::measure;
use crate::reason::Reason;

/// Whether photographs could be measured or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything fits.
    Ok,
    /// Measured, with limits that the reasons tell; no verdict is more than probable.
    Limited,
    /// Not measured; the reasons tell why.
    Refused,
}

/// How much of relief the photographs tell, from the least to the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReliefLevel {
    /// Shading of ordinary photographs: relative, no depth.
    #[default]
    Proxy,
    /// Shading of a pair under the same oblique light: relative, and the better proxy.
    ObliquePair,
    /// Heights from photographs under known lamps, on both visits of a pair.
    PhotometricStereo,
    /// Height maps, on both visits of a pair.
    HeightMap,
}

/// A report on one photograph or one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Name of the schema.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// Version of the schema.
    pub schema_version: String,
    /// When the report was made, UTC, RFC 3339.
    pub created: String,
    /// Refused reports carry reasons and no measures.
    pub status: Status,
    /// Why the status is not `ok`.
    pub reasons: Vec<Reason>,
    /// What measured.
    pub tool: Tool,
    /// Who, as the manifest names them.
    pub subject: Option<String>,
    /// Which view, as the manifest names it.
    pub view: Option<String>,
    /// Whether it may be handed on: names are pseudonyms then, and hashes keyed ones.
    #[serde(default)]
    pub shared: bool,
    /// Days of the visits.
    pub visit: Visit,
    /// The photographs.
    pub photos: Photos,
    /// Millimetres per pixel.
    pub scale: Option<Scale>,
    /// What colors rest on.
    pub color: Option<Color>,
    /// How the light of the two photographs compares; null where it cannot be told.
    pub light: Option<LightReport>,
    /// How much of relief the photographs tell: `surface` needs the last two.
    #[serde(default)]
    pub relief_level: ReliefLevel,
    /// How the photographs lie on each other; null for a single photograph.
    pub alignment: Option<Alignment>,
    /// What was measured of the skin.
    pub region: Option<Region>,
    /// Verdict on relief as a whole; null for a single photograph.
    #[serde(default)]
    pub relief: Option<ReliefChange>,
    /// Metrics by measure.
    pub measures: BTreeMap<String, Measure>,
    /// Scars, spots and rough red areas one by one.
    pub lesions: Vec<Lesion>,
    /// The untreated skin of a pair, measured as the region is; null where none is marked.
    #[serde(default)]
    pub control: Option<Control>,
    /// The regions that have names, each by itself; empty where none has. All of them together are
    /// what the report is about.
    #[serde(default)]
    pub regions: Vec<NamedRegion>,
    /// The color class of the skin; null where its tone was not measured.
    #[serde(default)]
    pub skin_tone: Option<SkinTone>,
    /// Clinical scales: what a photograph supports of each, and why not more.
    pub scales: BTreeMap<String, ClinicalScale>,
    /// How often verdicts flip on virtual re-captures; null where that was not asked for.
    #[serde(default)]
    pub self_test: Option<SelfTest>,
    /// SHA-256 of all that the report follows from: photographs, regions, what was said of them, noise, the program's version and kernels, and the engine. Reports
    /// with the same one differ in their date alone. Null where heights were given, photographs came as pixels, or there is a self-test.
    #[serde(default)]
    pub inputs_sha256: Option<String>,
    /// SHA-256 of the noise that there was to rest verdicts on: the built-in one and, where it was given, a clinic's own.
    #[serde(default)]
    pub noise_sha256: Option<String>,
    /// SHA-256 of the options that hold for every pair of a batch, whatever a manifest says of single ones: light, chart, limits. Null
    /// where a file among them cannot be read.
    #[serde(default)]
    pub options_sha256: Option<String>,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

/// Change of relief as a whole, from the primary metrics that are read off relief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReliefChange {
    /// Some fell, none rose.
    Fell,
    /// Some rose, none fell.
    Rose,
    /// Some fell and some rose.
    Both,
    /// All were judged, none changed.
    Unchanged,
    /// None was called, and some could not be judged.
    CannotTell,
}

/// The pair taken again, virtually: another pose, exposure, white balance, focus, noise and coding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// How often.
    pub recaptures: u32,
    /// Re-captures that were refused: verdicts rest on the others.
    pub refused: u32,
    /// Metrics whose change was judged, by measure and name as `scars.relief_contrast`.
    pub metrics: BTreeMap<String, SelfTestMetric>,
}

/// What re-captures made of one verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfTestMetric {
    /// The verdict on the photographs as they are.
    pub verdict: Verdict,
    /// Re-captures with a verdict.
    pub judged: u32,
    /// Those with another one.
    pub flips: u32,
    /// How often each was.
    pub verdicts: BTreeMap<Verdict, u32>,
}

/// What measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `dermetric`
    pub name: String,
    /// Its version.
    pub version: String,
    /// `gpu` or `cpu`.
    pub engine: String,
    /// The GPU's name.
    pub adapter: Option<String>,
    /// Its driver.
    pub driver: Option<String>,
    /// SHA-256 over all shaders.
    pub kernels_sha256: String,
}

/// Days of the visits, counted from the first one that is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// Of the before-photograph.
    pub before_day: Option<i32>,
    /// Of the after-photograph.
    pub after_day: Option<i32>,
}

/// The photographs of the two visits; the first of each is the one measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// Before.
    pub before: Vec<Photo>,
    /// After; empty for a single photograph.
    pub after: Vec<Photo>,
}

/// One photograph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// File name without folder.
    pub file: String,
    /// SHA-256 of the file; of a shared report, a keyed hash of it.
    pub sha256: String,
    /// Columns, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
    /// What decoded it.
    pub decoder: String,
    /// `srgb`, `assumed_srgb`, or `icc: …` with the name of a well-known space; `icc` for any other.
    pub color_encoding: String,
    /// What the camera wrote down.
    pub capture: Capture,
    /// JPEG quality as estimated from its tables; null for other formats.
    pub jpeg_quality: Option<f64>,
    /// How coarsely the JPEG keeps color: `4:4:4`, `4:2:0`, …; null for other formats.
    pub chroma_subsampling: Option<String>,
    /// RMS of the finest octave of green optical density on the working grid, in mOD.
    pub sharpness: Option<f64>,
    /// SD of the noise of green optical density on the working grid, in mOD: robust, by Immerkær's mask.
    pub noise: Option<f64>,
    /// Median linear luminance of the region, 0 to 1.
    pub exposure: Option<f64>,
    /// Focus against the first photograph; null of the first, where marked untreated skin rules, and where too little is seen.
    #[serde(default)]
    pub focus: Option<FocusReport>,
    /// Whether it can be measured.
    pub quality: Quality,
}

/// Focus of a photograph against the first, as variances of the Gaussian that blurs it more, in mm² (by the assumed scale where it is
/// assumed); negative where the first is softer. Blur takes detail of every plane, the finest most; a treatment of relief does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FocusReport {
    /// Blur that both sources confirm: the one nearer 0, and 0 where their signs differ.
    pub blur_mm2: Option<f64>,
    /// By detail of melanin and hemoglobin.
    pub pigment_mm2: Option<f64>,
    /// Standard error of that.
    pub pigment_se_mm2: Option<f64>,
    /// By the loss of shading over three octaves.
    pub relief_mm2: Option<f64>,
    /// Standard error of that.
    pub relief_se_mm2: Option<f64>,
}

/// What the camera wrote down: an allow-list, no place, serial number or name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// Maker of the camera.
    pub make: Option<String>,
    /// Camera.
    pub model: Option<String>,
    /// Exposure time in seconds.
    pub exposure_time_s: Option<f64>,
    /// F-number.
    pub f_number: Option<f64>,
    /// ISO speed.
    pub iso: Option<u32>,
    /// Focal length in mm.
    pub focal_length_mm: Option<f64>,
    /// Whether the flash fired.
    pub flash_fired: Option<bool>,
    /// `auto` or `manual`.
    pub white_balance: Option<String>,
    /// Days since the first visit.
    pub days_since_first_visit: Option<i32>,
}

/// A quality verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// The verdict.
    pub verdict: Status,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Where the scale comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScaleSource {
    /// The user gave it.
    Given,
    /// A ruler in the photograph.
    Ruler,
    /// A marker card in the photograph, printed by `dermetric card`.
    Card,
    /// A color chart.
    Chart,
    /// The diameter of the iris.
    Iris,
    /// The camera's metadata.
    Exif,
    /// The region was taken to be 60 mm wide: no length is reported.
    Assumed,
}

/// Millimetres per pixel of the first photograph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// Millimetres per pixel; null where only assumed.
    pub mm_per_px: Option<f64>,
    /// Where it comes from.
    pub source: ScaleSource,
    /// Coefficient of variation in per cent.
    pub cv_percent: Option<f64>,
    /// Pixels per millimetre of the grid that was measured on (by the assumed scale where it is
    /// assumed).
    pub working_px_per_mm: f64,
}

/// What colors rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColorSource {
    /// A color chart.
    Chart,
    /// A gray card.
    GrayCard,
    /// Untreated skin that the user marked: change is relative to it.
    ReferenceRegion,
    /// The skin of the registered pair that did not change: change is relative to it.
    StableSkin,
    /// One estimate for the session.
    SessionEstimate,
    /// Nothing: the photograph's own values.
    None,
}

/// Color matching.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Color {
    /// What colors rest on.
    pub source: ColorSource,
    /// Remaining color difference, CIEDE2000.
    pub residual_delta_e: Option<f64>,
}

/// How the photographs lie on each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alignment {
    /// `similarity`, `affine` or `homography`.
    pub model: String,
    /// Share of the region seen in both, in per cent.
    pub overlap_percent: Option<f64>,
    /// RMS distance of inliers in mm; null where the scale is assumed.
    pub residual_mm: Option<f64>,
    /// RMS distance of inliers in pixels of the first photograph.
    pub residual_px: Option<f64>,
    /// Correspondences that agree.
    pub inliers: u64,
    /// Normalized cross-correlation of the band-passed skin.
    pub ncc: Option<f64>,
    /// Rotation in the image plane.
    pub rotation_deg: Option<f64>,
    /// Pixels of the second photograph per pixel of the first.
    pub scale_ratio: Option<f64>,
    /// How far the camera was tilted against the skin between the photographs, in degrees, for a camera
    /// 400 mm away: too large for a nearer one, and on curved skin.
    pub tilt_deg: Option<f64>,
    /// Where the correspondences come from.
    pub source: AlignmentSource,
    /// How the skin moved beyond the model: stretch, expression. Null where it was followed and no
    /// motion was found.
    pub motion: Option<Motion>,
}

/// How the light of two photographs compares, on the skin whose relief changed most nearly alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LightReport {
    /// Whether relief cannot be compared under these lights.
    pub differs: bool,
    /// True if both visits come from one fixed set-up of camera and lamps, as the user says.
    #[serde(default)]
    pub fixed: bool,
    /// Correlation of that relief.
    pub relief_correlation: Option<f64>,
    /// Contrast of that relief, after over before.
    pub relief_gain: Option<f64>,
    /// Slope of the difference of smoothed densities of green, in OD/cm; null where the scale is assumed.
    pub shading_gradient_od_per_cm: Option<f64>,
    /// Everything that speaks of the light, and how much it counts.
    #[serde(default)]
    pub evidence: Vec<LightEvidence>,
}

/// Statement of one source of the light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LightEvidence {
    /// Its source: `shape` is no part of what a treatment changes, `relief` is.
    pub source: LightSource,
    /// Contrast that the lamp gives relief by it, after over before.
    pub gain: Option<f64>,
    /// Standard error of the natural logarithm of the gain.
    pub gain_ln_se: Option<f64>,
    /// Share of the shading that another direction of the light made: √(1 − ρ²) of the correlation ρ.
    pub unlike: Option<f64>,
    /// Share of its gain in what all evidence says together, by inverse variance; 0 where it does not count.
    pub weight: Option<f64>,
}

/// Where correspondences come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlignmentSource {
    /// Keypoints that were found.
    Automatic,
    /// Landmarks that a person set.
    Landmarks,
}

/// How the skin moved beyond the model of the alignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Motion {
    /// RMS of the motion in pixels of the first photograph.
    pub rms_px: Option<f64>,
    /// Share of the skin where the motion there and back agree within a pixel of the view that is
    /// aligned, in per cent.
    pub agreement_percent: Option<f64>,
    /// Least ratio of areas, after to before, on 99 % of the skin.
    pub area_ratio_low: Option<f64>,
    /// Largest ratio of areas, after to before, on 99 % of the skin.
    pub area_ratio_high: Option<f64>,
}

/// Where the region comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionSource {
    /// Skin that was found.
    Auto,
    /// A mask picture.
    Mask,
    /// Polygons.
    Polygons,
}

/// What was measured of the skin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Where it comes from.
    pub source: RegionSource,
    /// Area of the valid skin; null where the scale is assumed.
    pub area_cm2: Option<f64>,
    /// Valid share of the region, in per cent.
    pub valid_percent: Option<f64>,
    /// Shares left out of the first photograph, in per cent; they may overlap.
    pub excluded_percent: Excluded,
}

/// What was read on a named region. Alignment, scale, sharpness and color are those of the photographs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedRegion {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// Area of the valid skin; null where the scale is assumed or the region is refused.
    pub area_cm2: Option<f64>,
    /// What was measured of the skin.
    pub region: Region,
    /// A region of which too little is seen is refused by itself.
    pub status: Status,
    /// Why the status is not `ok`.
    pub reasons: Vec<Reason>,
    /// Metrics by measure.
    pub measures: BTreeMap<String, Measure>,
    /// Scars, spots and rough red areas one by one.
    pub lesions: Vec<Lesion>,
}

/// Untreated skin in the same photographs: what it did, no treatment did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Area of the valid skin; null where the scale is assumed.
    pub area_cm2: Option<f64>,
    /// Metrics by measure.
    pub measures: BTreeMap<String, Measure>,
}

/// Shares of a region left out, in per cent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// Highlights.
    pub specular: Option<f64>,
    /// Hair.
    pub hair: Option<f64>,
    /// Clipped or void.
    pub clipped: Option<f64>,
    /// Skin seen at more than 45°; null where the slant cannot be told.
    pub steep: Option<f64>,
}

/// A measure's metrics.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// By name.
    pub metrics: BTreeMap<String, Metric>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less.
    Lower,
    /// More.
    Higher,
    /// Neither.
    Neither,
}

impl From<measure::Better> for Better {
    fn from(better: measure::Better) -> Self {
        match better {
            measure::Better::Lower => Self::Lower,
            measure::Better::Higher => Self::Higher,
            measure::Better::Neither => Self::Neither,
        }
    }
}

/// One metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name for people.
    pub label: String,
    /// Unit; empty for pure numbers.
    pub unit: String,
    /// Which direction is better.
    pub better: Better,
    /// Whether it is one of the endpoints that verdicts are adjusted over.
    pub primary: bool,
    /// Value of the visit before, or of a single photograph. With repeats it is the mean of the visit's captures: the geometric
    /// mean where `axis` is `logarithm`. Without a change it is that of the first photograph.
    pub before: Option<f64>,
    /// Value of the visit after, by the same rule.
    pub after: Option<f64>,
    /// After − before, of the values that stand here.
    pub change: Option<f64>,
    /// In per cent of before.
    pub change_percent: Option<f64>,
    /// Interval of the true change.
    pub interval: Option<Interval>,
    /// The smallest change that these captures could show.
    pub smallest_detectable_change: Option<f64>,
    /// Where the capture noise comes from.
    pub noise_source: Option<NoiseSource>,
    /// By what share the value moves for each share by which contrast reads stronger, beyond its own, where it is what exceeds a
    /// threshold or the difference of two: one with more is the noisier. Null elsewhere, and for a single photograph.
    #[serde(default)]
    pub leverage: Option<f64>,
    /// Contrast that it counts from, in OD: found before, and the same after. Null where there is none.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Axis on which the change is judged: the verdict compares values there. Null for a single photograph.
    #[serde(default)]
    pub axis: Option<ChangeAxis>,
    /// Two-sided p of no change by noise alone, adjusted for the primary metrics of the report (Holm 1979).
    #[serde(default)]
    pub p_adjusted: Option<f64>,
    /// Causes other than the skin that can have made part of the change. Interval and smallest detectable change include them.
    #[serde(default)]
    pub allowances: Vec<Allowance>,
    /// Other families of lesions whose own change can account for all of this change. Empty where it stands for itself.
    #[serde(default)]
    pub explained_by: Vec<Explanation>,
    /// Share of the change, in per cent, that remains after what other families can account for. Null where none was called.
    #[serde(default)]
    pub remaining_percent: Option<f64>,
    /// Version of the metric's definition. Values of different versions are never compared.
    #[serde(default)]
    pub definition: u32,
    /// Verdict on the change; null for a single photograph.
    pub verdict: Option<Verdict>,
    /// Reason why there is no value, or no verdict on it.
    pub reason: Option<Reason>,
    /// The change beyond that of untreated skin (a difference in differences), where some is marked.
    #[serde(default)]
    pub controlled: Option<Controlled>,
}

impl Metric {
    /// A metric of which its definition alone is known, and perhaps a verdict.
    pub(crate) fn of_definition(metric: &measure::MetricDef, verdict: Option<Verdict>) -> Self {
        Self {
            label: metric.label.to_owned(),
            unit: metric.unit.to_owned(),
            better: metric.better.into(),
            primary: metric.primary,
            before: None,
            after: None,
            change: None,
            change_percent: None,
            interval: None,
            smallest_detectable_change: None,
            noise_source: None,
            leverage: None,
            threshold: None,
            axis: None,
            p_adjusted: None,
            allowances: Vec::new(),
            explained_by: Vec::new(),
            remaining_percent: None,
            definition: metric.version,
            verdict,
            reason: None,
            controlled: None,
        }
    }
}

/// Axis on which a change is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeAxis {
    /// Natural logarithm of after ÷ before.
    Logarithm,
    /// After − before, in the metric's unit.
    Difference,
}

/// Part of a change that a cause other than the skin can have made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The cause.
    pub source: AllowanceSource,
    /// Largest fall that it can have made, on the metric's axis.
    pub fall: Option<f64>,
    /// Largest rise that it can have made, on the metric's axis.
    pub rise: Option<f64>,
}

/// Other family of lesions whose own change can account for a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Measure that reads the family.
    pub family: String,
    /// Share of the change that it can account for, in per cent.
    pub share_percent: Option<f64>,
}

/// An interval of the true change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Its level.
    pub level: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// `block_t+capture`, or `capture` where the metric is no mean over blocks.
    pub method: String,
}

/// What kind of lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// A depressed scar.
    Scar,
    /// A pigmented spot.
    Spot,
    /// A rough red area.
    RoughRed,
}

/// How large a scar is; a size, no scar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SizeClass {
    /// Below 2 mm across.
    Small,
    /// 2 to 4 mm across.
    Medium,
    /// Above 4 mm across.
    Large,
}

/// What a scar is probably, of the shapes of Jacob, Dover & Kaminer (2001).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbableType {
    /// Narrow and deep.
    Icepick,
    /// With steep walls and a flat floor.
    Boxcar,
    /// Wide and sloping.
    Rolling,
    /// Between them.
    Undetermined,
}

/// One lesion, in the outline that both visits chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lesion {
    /// What kind.
    pub kind: LesionKind,
    /// Number within its kind, from 1, from the largest on the first photograph on; those that appeared come after all others.
    pub id: u32,
    /// Its numbers before; empty for a lesion that appeared. With repeats, means of the visit's captures that show it.
    pub before: BTreeMap<String, Option<f64>>,
    /// Its numbers after, by the same rule; null for a single photograph. One that appeared is read on the first photograph after.
    pub after: Option<BTreeMap<String, Option<f64>>>,
    /// Center, x to the right and y down in pixels of the first photograph, upright; the upper left pixel's
    /// own center is at 0.5, 0.5.
    #[serde(default)]
    pub center_px: Option<[f64; 2]>,
    /// The same skin on the photograph after; null for a single photograph.
    #[serde(default)]
    pub center_after_px: Option<[f64; 2]>,
    /// Diameter of a disc of its area, in pixels of the first photograph.
    #[serde(default)]
    pub diameter_px: Option<f64>,
    /// How large a scar is; null for other kinds, and where the scale is assumed.
    #[serde(default)]
    pub size_class: Option<SizeClass>,
    /// What a scar is probably; null for other kinds, and where that cannot be told: a note of the measure says why.
    #[serde(default)]
    pub probable_type: Option<ProbableType>,
    /// Found after in skin that had no lesion of its kind before. Listed only where the change is called.
    #[serde(default)]
    pub appeared: bool,
    /// Its fall is called, and nothing of it can be made out after: nothing in its outline exceeds the limits of the first
    /// visit, or the value is no more than the noise of one capture.
    #[serde(default)]
    pub resolved: bool,
    /// Which of its numbers the change is told by.
    #[serde(default)]
    pub main_value: String,
    /// Unit of that number and its change.
    #[serde(default)]
    pub unit: String,
    /// After − before, in the same outline, of the main values that stand here. For a lesion that appeared, before is what that
    /// skin read before.
    #[serde(default)]
    pub change: Option<f64>,
    /// In per cent of before.
    #[serde(default)]
    pub change_percent: Option<f64>,
    /// The smallest change that these captures could show on a lesion of this strength and size.
    #[serde(default)]
    pub smallest_detectable_change: Option<f64>,
    /// Where the capture noise comes from.
    #[serde(default)]
    pub noise_source: Option<NoiseSource>,
    /// Two-sided p of no change by noise alone, adjusted over all lesions of the list (Benjamini & Hochberg 1995).
    #[serde(default)]
    pub p_adjusted: Option<f64>,
    /// Causes other than the skin that can have made part of the change, in its unit. The smallest detectable change includes them.
    #[serde(default)]
    pub allowances: Vec<Allowance>,
    /// Verdict; null for a single photograph. Adjusted over all lesions of the list.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Reason why a change is not measurable.
    #[serde(default)]
    pub reason: Option<Reason>,
}

/// What the reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Stable identifier.
    pub code: String,
    /// One sentence.
    pub message: String,
}
