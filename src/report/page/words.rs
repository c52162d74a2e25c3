//! Every word of the pages, in one table: a translation is another constant of this type. Labels of metrics and
//! sentences of reasons and warnings stand in the report itself; a translation names them by their English.
//!
//! `{}` stands for what is filled in, in its order.

use crate::change::{AllowanceSource, NoiseSource, Verdict};
use crate::report::{ColorSource, LesionKind, ProbableType, ReliefChange, ScaleSource, SizeClass, Status};

/// What became of a primary metric, in plain words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    pub measure: &'static str,
    pub metric: &'static str,
    /// What it is of.
    pub noun: &'static str,
    /// The family within a sentence.
    pub family: &'static str,
    /// The same as the head of a column.
    pub column: &'static str,
    pub fell: &'static str,
    pub rose: &'static str,
}

macro_rules! words {
    ($($name:ident: $english:literal,)*) => {
        /// The words of one language.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Words {
            /// Of every primary metric.
            pub phrases: &'static [Phrase],
            /// Shares that have a word, in per cent.
            pub shares: &'static [(f64, &'static str)],
            /// Ending of a sentence that names the unit of its numbers, the unit as it is shown, and the factor to it.
            pub units: &'static [(&'static str, &'static str, f64)],
            /// What stands in reports, and how it is told: labels, reasons, warnings, notes, advice.
            pub of_reports: &'static [(&'static str, &'static str)],
            $(pub $name: &'static str,)*
        }

        /// English.
        pub(crate) const ENGLISH: Words = Words {
            phrases: PHRASES,
            shares: SHARES,
            units: UNITS,
            of_reports: &[],
            $($name: $english,)*
        };

        #[cfg(test)]
        impl Words {
            /// Names and words.
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

const PHRASES: &[Phrase] = &[
    Phrase {
        measure: "scars",
        metric: "relief_contrast",
        noun: "Relief of scars",
        family: "the scars",
        column: "Scars",
        fell: "Scars show less relief",
        rose: "Scars show more relief",
    },
    Phrase {
        measure: "pigment",
        metric: "burden",
        noun: "Pigment spots",
        family: "the pigment spots",
        column: "Pigment",
        fell: "Pigment spots weigh less",
        rose: "Pigment spots weigh more",
    },
    Phrase {
        measure: "texture",
        metric: "sq_fine",
        noun: "Fine texture",
        family: "the fine texture",
        column: "Texture",
        fell: "Fine texture is smoother",
        rose: "Fine texture is rougher",
    },
    Phrase {
        measure: "wrinkles",
        metric: "contrast",
        noun: "Lines and wrinkles",
        family: "the lines",
        column: "Wrinkles",
        fell: "Lines are fainter",
        rose: "Lines are stronger",
    },
    Phrase {
        measure: "pores",
        metric: "contrast",
        noun: "Pores",
        family: "the pores",
        column: "Pores",
        fell: "Pores stand out less",
        rose: "Pores stand out more",
    },
    Phrase {
        measure: "redness",
        metric: "hemoglobin_mean",
        noun: "Redness",
        family: "the redness",
        column: "Redness",
        fell: "The skin is less red",
        rose: "The skin is redder",
    },
];

const SHARES: &[(f64, &str)] = &[
    (10.0, "a tenth"),
    (20.0, "a fifth"),
    (25.0, "a quarter"),
    (100.0 / 3.0, "a third"),
    (50.0, "half"),
    (200.0 / 3.0, "two thirds"),
    (75.0, "three quarters"),
];

const UNITS: &[(&str, &str, f64)] = &[
    (", in per cent", "%", 1.0),
    (", in per cent of the photograph", "% of the photograph", 1.0),
    (", in per cent seen", "% seen", 1.0),
    (", as a share", "%", 100.0),
    (", in shares of white", "% of white", 100.0),
    (", as a ratio", "", 1.0),
    (", as a ratio of fine detail", "times the fine detail", 1.0),
    (", as a ratio of areas", "times the area", 1.0),
    (", as a ratio of lengths", "times the length", 1.0),
    (", as a correlation", "of 1", 1.0),
    (", as a lead in correlation", "", 1.0),
    (", in JPEG quality", "of 100", 1.0),
    (", in mOD", "mOD", 1.0),
    (", in mm", "mm", 1.0),
    (", in mm²", "mm²", 1.0),
    (", in cm²", "cm²", 1.0),
    (", as the side of a square in mm", "mm", 1.0),
    (", in degrees", "degrees", 1.0),
    (", in pixels", "pixels", 1.0),
    (", in pixels of the photograph reduced to a megapixel", "pixels of a megapixel", 1.0),
    (", in pixels per millimeter", "px/mm", 1.0),
    (", in places", "places", 1.0),
    (", in patches", "patches", 1.0),
    (", in markers", "markers", 1.0),
    (", in photographs", "photographs", 1.0),
    (", in mean ΔE00", "ΔE00", 1.0),
    (", in ΔE00", "ΔE00", 1.0),
];

words! {
    language: "en",
    // Head
    title: "Before and after",
    title_of: "Before and after: {}",
    days_apart: "{} days apart",
    one_day_apart: "1 day apart",
    same_day: "on the same day",
    no_device: "For research and documentation use, not a medical device: it measures change and does not diagnose.",
    skip: "Skip to the pictures",
    dark: "Dark",
    dark_title: "Light or dark page",
    print: "Print",
    // Status
    status_ok: "Pair is good",
    status_limited: "Pair is limited",
    status_refused: "Refused",
    photo_ok: "good",
    photo_limited: "limited",
    photo_refused: "refused",
    // What changed
    what_changed: "What changed, and how sure is it?",
    limited_lead: "Caution: the pair is limited, so that less can be said.",
    see_quality: "What limits it, and what to do",
    lead_none: "No change is beyond what these photographs vary by anyway. That is not the same as no change.",
    lead_cannot_tell: "On these photographs no main measure shows whether it changed; each says why.",
    lead_some: "{} of {} main measures changed beyond what photographs vary by anyway.",
    lead_one: "1 of {} main measures changed beyond what photographs vary by anyway.",
    by: "{}, by {} ({})",
    lead_some_probably: "{} of {} main measures probably changed, beyond what photographs vary by anyway.",
    lead_one_probably: "1 of {} main measures probably changed, beyond what photographs vary by anyway.",
    measured_change_alone: "Read {}.",
    measured_change: "Read {} ({}).",
    could_show: "{} or more would have shown.",
    not_safely_more: "Photographs vary by {} anyway; this is more, but not safely so: of many measures one moves by chance, or along with another.",
    interval_of: "{} to {}",
    decreased: "decreased",
    increased: "increased",
    probably_decreased: "probably decreased",
    probably_increased: "probably increased",
    no_detectable_change: "no detectable change",
    not_measurable: "not measurable",
    cannot_tell: "cannot tell",
    relief_fell: "Relief as a whole fell.",
    relief_rose: "Relief as a whole rose.",
    relief_both: "Relief changed both ways: some of it fell, some rose.",
    relief_unchanged: "Relief as a whole: no detectable change.",
    relief_cannot_tell: "Relief as a whole: cannot tell.",
    cause_light: "Another light",
    cause_focus: "Another focus",
    cause_noise: "A noisier or less noisy camera",
    cause_hemoglobin: "Redness that changed too",
    cause_melanin: "Pigment that changed too",
    cause_fall: "{} can have made a fall of {} by itself.",
    cause_rise: "{} can have made a rise of {} by itself.",
    explained_fell: "{}, which fell too, can account for {} of the {}",
    explained_rose: "{}, which rose too, can account for {} of the {}",
    explained_changed: "{}, which changed too, can account for {} of the {}",
    explained_rest: "what remains is within what photographs vary by",
    own_part: "At least {} of the {} are its own; other lesions that changed too can account for the rest.",
    short_light: "the light",
    short_focus: "the focus",
    short_noise: "camera noise",
    short_color: "red and brown",
    short_one_of_many: "chance",
    short_uncertain: "too uncertain",
    short_no_noise: "noise unknown",
    better: "better",
    worse: "worse",
    why_probably: "Why only “probably”?",
    because_assumed: "How much photographs vary by was assumed, not measured: three captures a visit, or the clinic’s own noise file, could make it sure.",
    because_limited: "The pair is limited: see below.",
    because_many: "Of many measures, one or the other changes by chance; adjusted for that, it is not beyond doubt.",
    how_to_read: "How to read it: the dot is the change that was measured, the bar the 95 % interval of the true one. Inside the gray band around zero lies what photographs of unchanged skin differ by.",
    plot_of: "Change {}, 95 % interval {}, smallest detectable change {}",
    unknown: "unknown",
    // Terminal
    column_values: "before → after",
    column_change: "change (95 % interval)",
    column_seen: "would have shown",
    or_more: "{} or more",
    lacking: "Not measured or unclear, and what to do",
    all_of: "{} (all)",
    and_more: "{} more (--all)",
    line_none: "no change is called",
    line_unchanged: "{} not",
    line_unknown: "{} unclear",
    self_test_nothing: "{} times, all refused: nothing follows.",
    // Quality
    quality: "Can the pair be relied on?",
    quality_ok: "The photographs fit each other; nothing limits what is said.",
    limits: "What limits the pair",
    warnings: "What to know",
    found_needed: "found {}, needed {}",
    do_this: "What to do: {}.",
    overlap: "Same skin on both",
    residual: "Lies on each other within",
    scale: "Scale",
    colors: "Colors rest on",
    light: "Light",
    light_alike: "alike",
    light_differs: "differs: relief is not compared",
    focus: "Sharpness",
    noise: "Noise",
    exposure: "Exposure",
    valid_skin: "Skin that was measured",
    photograph_before: "Photograph before",
    photograph_after: "Photograph after",
    print_more: "{} more: on the page itself.",
    // Refused
    refused_title: "These photographs cannot be compared",
    refused_lead: "Nothing was measured. Numbers from such a pair would mislead.",
    why: "Why",
    refused_pictures: "The photographs as they are, not aligned.",
    // Pictures
    pictures: "Where on the skin?",
    warped: "The photograph after was laid onto the one before, for the eye only (turned, stretched, its color and sharpness matched). Nothing was measured on it.",
    before: "Before",
    after: "After",
    compare_by: "Compare by",
    slider: "Slider",
    blink: "Blink",
    side_by_side: "Side by side",
    slider_label: "Border between before and after, in per cent from the left",
    zoom_in: "Zoom in",
    zoom_out: "Zoom out",
    zoom_reset: "All of it",
    keys: "On the picture: click into it, then the wheel zooms; arrows move it, + and − zoom, 0 shows all of it, B blinks.",
    stage_label: "Photographs before and after, on each other",
    map: "Map",
    map_none: "none",
    as_change: "as change (after − before)",
    opacity: "Strength of the map",
    outlines: "Outlines",
    layers: "Maps, outlines and marks",
    marks: "Marks",
    marks_key: "Ring: one by one, below. Blue and whole, it fell; orange and dashed, it rose. S scar, P pigment spot, R rough red area.",
    scar_mark: "S{}",
    spot_mark: "P{}",
    rough_red_mark: "R{}",
    marks_changed: "what changed",
    marks_all: "all",
    marks_none: "none",
    map_relief: "Relief",
    map_melanin: "Melanin",
    map_hemoglobin: "Hemoglobin",
    map_lines: "Wrinkles",
    rims_scars: "Scars",
    rims_spots: "Spots",
    rims_rough_red: "Rough red areas",
    rims_wrinkles: "Wrinkles",
    rims_pores: "Pores",
    rims_region: "Measured skin",
    // Lesions
    lesions: "One by one",
    lesions_lead: "In the outline each had before. Choose one here or in the picture.",
    lesions_only_changed: "Only those that changed",
    scar: "Scar {}",
    spot: "Spot {}",
    rough_red_area: "Rough red area {}",
    appeared: "new after",
    small: "below 2 mm",
    medium: "2 to 4 mm",
    large: "above 4 mm",
    icepick: "probably icepick",
    boxcar: "probably boxcar",
    rolling: "probably rolling",
    undetermined: "type undetermined",
    change: "Change",
    smallest: "Smallest detectable change",
    close: "Close",
    // Tables
    details: "Every number",
    whole: "All of the measured skin",
    metric: "Metric",
    interval: "95 % interval",
    verdict: "Verdict",
    beyond_control: "Beyond untreated skin",
    primary_bold: "Bold: the main measure of its kind; verdicts are adjusted over these.",
    region: "Region {}",
    control: "Untreated skin",
    unmeasured: "What was not measurable, and why",
    scales: "Clinical scales",
    scales_lead: "Not graded: a photograph is neither touched nor asked.",
    skin_tone: "Color class of the skin (by ITA; a color, no phototype)",
    self_test: "Taken again virtually",
    self_test_none: "{} times, {} refused: no verdict flips.",
    self_test_flips: "{} times, {} refused. Verdicts that flip: {}.",
    // Method
    method: "How it was measured",
    program: "Program",
    engine: "Engine",
    kernels: "Kernels, SHA-256",
    noise_from: "Noise rests on",
    noise_repeats: "repeated captures of these visits",
    noise_file: "the clinic’s own noise file",
    noise_prior: "the built-in table, widened by half",
    inputs: "Inputs, SHA-256",
    noise_hash: "Noise, SHA-256",
    options_hash: "Options, SHA-256",
    created: "Made",
    file: "File",
    decoder: "Decoded by",
    camera: "Camera",
    hash: "SHA-256",
    color_encoding: "Color encoding",
    further: "further capture",
    // Sources
    scale_given: "given by hand",
    scale_ruler: "ruler",
    scale_card: "marker card",
    scale_chart: "color chart",
    scale_iris: "iris",
    scale_exif: "the camera’s notes",
    scale_assumed: "assumed: no lengths are told",
    color_chart: "color chart",
    color_gray_card: "gray card",
    color_reference: "untreated skin",
    color_stable: "the skin that did not change",
    color_session: "one estimate for the session",
    color_none: "nothing",
    // Page of one photograph
    one_title: "One photograph",
    one_title_of: "One photograph: {}",
    one_status_ok: "Photograph is good",
    one_status_limited: "Photograph is limited",
    one_measured: "What was measured",
    one_lead: "Values of one photograph: they depend on camera, light and distance too, and say nothing of a change.",
    one_limited_lead: "Caution: the photograph is limited, so that less can be said.",
    one_quality: "Can the photograph be relied on?",
    one_quality_ok: "Nothing limits what is said.",
    one_limits: "What limits the photograph",
    one_refused_title: "This photograph cannot be measured",
    one_refused_lead: "Nothing was measured. Numbers from such a photograph would mislead.",
    one_refused_picture: "The photograph as it is.",
    one_photograph: "Photograph",
    one_keys: "On the picture: click into it, then the wheel zooms; arrows move it, + and − zoom, 0 shows all of it.",
    one_marks_key: "Ring: one by one, below. S scar, P pigment spot, R rough red area.",
    one_primary_bold: "Bold: the main measure of its kind.",
    one_lesions_lead: "Choose one here or in the picture.",
    // Page of a batch
    batch_title: "Before and after: {} pairs",
    batch_title_one: "Before and after: 1 pair",
    batch_about: "{} of {} were compared. Choose a pair to see its pictures and every number.",
    batch_unfinished: "Not finished: {} of {} pairs are not begun. The same command goes on where it ended.",
    count_ok: "compared, nothing limits them",
    count_limited: "compared, with limits",
    count_refused: "refused: not comparable",
    count_failed: "failed: could not be read",
    row_ok: "good",
    row_limited: "limited",
    row_refused: "refused",
    row_failed: "failed",
    batch_sums: "What changed, over all pairs that were compared",
    batch_sums_lead: "Pairs are counted, not averaged: each is held against what its own photographs vary by. Who is in several pairs counts several times.",
    batch_limits: "What limits or refuses pairs, most frequent first",
    batch_limit_count: "{} of {} pairs",
    batch_pairs: "Every pair",
    batch_sort_by: "Sort by",
    batch_search: "Search",
    batch_search_hint: "pair, subject, site, reason",
    batch_quality: "Quality",
    batch_measure: "Measure",
    batch_all: "all",
    batch_any: "any",
    batch_any_change: "changed, or probably so",
    batch_shown: "{} of {} pairs shown",
    batch_reset: "Show all",
    batch_table: "Pairs with the changes of their main measures",
    batch_more_reasons: "{} more",
    pair: "Pair",
    subject: "Subject",
    view: "Site",
    copies: "One photograph in several places",
    copies_lead: "Where each should have a photograph of its own: someone counts twice, or files were mixed up.",
    copy_of: "{} ({}, {})",
    skipped: "Left out",
    not_begun: "Not begun",
    // Page of a series
    series_title: "Over time: {}",
    series_about: "{} visits in {} days, each compared with the first (day {}).",
    series_visits: "The visits",
    series_visits_lead: "Every photograph was laid onto the first, for the eye only. Choose a visit to see all of it.",
    series_no_picture: "no picture",
    series_not_aligned: "not laid onto the first",
    series_flip: "Go through the visits",
    baseline: "first visit",
    day: "Day {}",
    day_axis: "day",
    series_changed: "What changed from the first visit to the last?",
    series_changed_lead: "Numbers are those of day {}; the curves tell the way there.",
    series_nothing: "No visit could be compared with the first.",
    series_how_to_read: "How to read a curve: each mark is a visit, its bar the 95 % interval of the change. In the gray band lies what photographs of unchanged skin differ by. A triangle points where it went, full where that is sure, hollow where it is probable; a ring: no detectable change. A line: the trend over all visits, where there is one.",
    trend_falls: "Over all visits it falls: {} from day {} to day {} (p {}).",
    trend_rises: "Over all visits it rises: {} from day {} to day {} (p {}).",
    trend_none: "Over all visits no trend is beyond chance and noise (p {}).",
    trend_not_told: "No trend is told. {}.",
    falls: "falls",
    rises: "rises",
    no_trend: "no detectable trend",
    trend: "Trend",
    p_small: "below 0.001",
    curve_of: "{}, change since the first visit by day: {}",
    curve_point: "day {}: {}, {}",
    downtime: "How does redness go back?",
    downtime_peak: "Redness was highest on day {}: {}.",
    downtime_half: "Of what fades, half is gone in {} days ({}).",
    downtime_half_interval: "95 % interval {} to {}",
    downtime_half_low: "at least {}",
    downtime_half_high: "at most {}",
    downtime_half_open: "the visits do not tell how surely",
    downtime_back: "Between day {} and day {} it went back to where it cannot be told from the first visit.",
    downtime_not_back: "On the last visit it was not back yet.",
    downtime_never: "Redness never rose beyond what photographs vary by: there is nothing that goes back.",
    downtime_no_half: "No half-life is told. {}.",
    downtime_line: "The line: what is left, by half-life.",
    series_details: "Every number",
    series_details_lead: "Changes since the first visit. Bold: the main measure of its kind.",
}

/// A pattern with its gaps filled in their order.
pub(crate) fn fill(pattern: &str, with: &[&str]) -> String {
    let mut parts = pattern.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (i, part) in parts.enumerate() {
        out.push_str(with.get(i).copied().unwrap_or_default());
        out.push_str(part);
    }
    out
}

impl Words {
    /// The same of a photograph by itself.
    pub const fn of_one_photograph(self) -> Self {
        Self {
            title: self.one_title,
            title_of: self.one_title_of,
            status_ok: self.one_status_ok,
            status_limited: self.one_status_limited,
            what_changed: self.one_measured,
            lead_none: self.one_lead,
            limited_lead: self.one_limited_lead,
            quality: self.one_quality,
            quality_ok: self.one_quality_ok,
            limits: self.one_limits,
            refused_title: self.one_refused_title,
            refused_lead: self.one_refused_lead,
            refused_pictures: self.one_refused_picture,
            before: self.one_photograph,
            photograph_before: self.one_photograph,
            stage_label: self.one_photograph,
            keys: self.one_keys,
            marks_key: self.one_marks_key,
            lesions_lead: self.one_lesions_lead,
            primary_bold: self.one_primary_bold,
            ..self
        }
    }

    pub fn phrase(&self, measure: &str, metric: &str) -> Option<&'static Phrase> {
        self.phrases.iter().find(|phrase| (phrase.measure, phrase.metric) == (measure, metric))
    }

    fn of_verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Decreased => self.decreased,
            Verdict::Increased => self.increased,
            Verdict::ProbablyDecreased => self.probably_decreased,
            Verdict::ProbablyIncreased => self.probably_increased,
            Verdict::NoDetectableChange => self.no_detectable_change,
            Verdict::NotMeasurable => self.not_measurable,
        }
    }

    /// A change that was read, and of which nothing may be said, is another thing than none.
    pub fn of_judged(&self, verdict: Verdict, change: Option<f64>) -> &'static str {
        match (verdict, change) {
            (Verdict::NotMeasurable, Some(_)) => self.cannot_tell,
            _ => self.of_verdict(verdict),
        }
    }

    /// Relief as a whole.
    pub fn of_relief(&self, relief: ReliefChange) -> &'static str {
        match relief {
            ReliefChange::Fell => self.relief_fell,
            ReliefChange::Rose => self.relief_rose,
            ReliefChange::Both => self.relief_both,
            ReliefChange::Unchanged => self.relief_unchanged,
            ReliefChange::CannotTell => self.relief_cannot_tell,
        }
    }

    /// Reason why nothing may be said of a change, by the code of the reason; empty where there is no word.
    pub fn of_held_back(&self, code: &str) -> &'static str {
        match code {
            "light_unknown" => self.short_light,
            "focus_unknown" => self.short_focus,
            "noise_unknown" => self.short_noise,
            "color_unclear" => self.short_color,
            "one_of_many" => self.short_one_of_many,
            "too_uncertain" => self.short_uncertain,
            "no_noise" => self.short_no_noise,
            _ => "",
        }
    }

    /// Cause of an allowance, as a sentence begins.
    pub fn of_cause(&self, source: AllowanceSource) -> &'static str {
        match source {
            AllowanceSource::Light => self.cause_light,
            AllowanceSource::Focus => self.cause_focus,
            AllowanceSource::Noise => self.cause_noise,
            AllowanceSource::Hemoglobin => self.cause_hemoglobin,
            AllowanceSource::Melanin => self.cause_melanin,
        }
    }

    /// A family by its measure, within a sentence.
    pub fn of_family(&self, measure: &str) -> Option<&'static Phrase> {
        self.phrases.iter().find(|phrase| phrase.measure == measure)
    }

    pub fn of_status(&self, status: Status) -> &'static str {
        match status {
            Status::Ok => self.status_ok,
            Status::Limited => self.status_limited,
            Status::Refused => self.status_refused,
        }
    }

    pub fn of_photo(&self, status: Status) -> &'static str {
        match status {
            Status::Ok => self.photo_ok,
            Status::Limited => self.photo_limited,
            Status::Refused => self.photo_refused,
        }
    }

    /// How a pair of a batch ended, by its class on the page.
    pub fn of_row(&self, outcome: &str) -> &'static str {
        match outcome {
            "ok" => self.row_ok,
            "limited" => self.row_limited,
            "refused" => self.row_refused,
            _ => self.row_failed,
        }
    }

    /// So many reasons more.
    pub fn more_reasons(&self, count: usize) -> String {
        fill(self.batch_more_reasons, &[&count.to_string()])
    }

    pub fn of_day(&self, day: &str) -> String {
        fill(self.day, &[day])
    }

    /// What the panels of a series are of.
    pub fn series_lead(&self, last_day: &str) -> String {
        fill(self.series_changed_lead, &[last_day])
    }

    pub fn of_lesion(&self, kind: LesionKind) -> &'static str {
        match kind {
            LesionKind::Scar => self.scar,
            LesionKind::Spot => self.spot,
            LesionKind::RoughRed => self.rough_red_area,
        }
    }

    pub fn of_mark(&self, kind: LesionKind) -> &'static str {
        match kind {
            LesionKind::Scar => self.scar_mark,
            LesionKind::Spot => self.spot_mark,
            LesionKind::RoughRed => self.rough_red_mark,
        }
    }

    pub fn of_size(&self, size: SizeClass) -> &'static str {
        match size {
            SizeClass::Small => self.small,
            SizeClass::Medium => self.medium,
            SizeClass::Large => self.large,
        }
    }

    pub fn of_type(&self, scar: ProbableType) -> &'static str {
        match scar {
            ProbableType::Icepick => self.icepick,
            ProbableType::Boxcar => self.boxcar,
            ProbableType::Rolling => self.rolling,
            ProbableType::Undetermined => self.undetermined,
        }
    }

    pub fn of_noise(&self, source: NoiseSource) -> &'static str {
        match source {
            NoiseSource::Repeats => self.noise_repeats,
            NoiseSource::NoiseFile => self.noise_file,
            NoiseSource::Prior => self.noise_prior,
        }
    }

    pub fn of_scale(&self, source: ScaleSource) -> &'static str {
        match source {
            ScaleSource::Given => self.scale_given,
            ScaleSource::Ruler => self.scale_ruler,
            ScaleSource::Card => self.scale_card,
            ScaleSource::Chart => self.scale_chart,
            ScaleSource::Iris => self.scale_iris,
            ScaleSource::Exif => self.scale_exif,
            ScaleSource::Assumed => self.scale_assumed,
        }
    }

    pub fn of_color(&self, source: ColorSource) -> &'static str {
        match source {
            ColorSource::Chart => self.color_chart,
            ColorSource::GrayCard => self.color_gray_card,
            ColorSource::ReferenceRegion => self.color_reference,
            ColorSource::StableSkin => self.color_stable,
            ColorSource::SessionEstimate => self.color_session,
            ColorSource::None => self.color_none,
        }
    }

    /// A map or outlines, by the name of their picture; that name where there is no word for it.
    pub fn of_layer<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "relief" => self.map_relief,
            "melanin" => self.map_melanin,
            "hemoglobin" => self.map_hemoglobin,
            "lines" => self.map_lines,
            "scars" => self.rims_scars,
            "spots" => self.rims_spots,
            "rough_red" => self.rims_rough_red,
            "wrinkles" => self.rims_wrinkles,
            "pores" => self.rims_pores,
            "region" => self.rims_region,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;

    #[test]
    fn every_word_is_there_and_gaps_are_filled() {
        for (name, word) in ENGLISH.all() {
            assert!(!word.trim().is_empty(), "{name}");
        }
        assert_eq!(fill(ENGLISH.found_needed, &["1", "2"]), "found 1, needed 2");
        assert_eq!(fill("{} and {}", &["{}"]), "{} and ");
    }

    #[test]
    fn every_primary_metric_has_plain_words() {
        let mut count = 0;
        for measure in measure::ALL {
            for metric in measure.metrics.iter().filter(|metric| metric.primary) {
                assert!(ENGLISH.phrase(measure.name, metric.name).is_some(), "{}", metric.name);
                count += 1;
            }
        }
        assert_eq!(count, ENGLISH.phrases.len());
    }
}
