//! Every word of the page, in one table: a translation is another constant of this type. Labels of metrics and
//! sentences of reasons and warnings stand in the report itself.
//!
//! `{}` stands for what is filled in, in its order.

use crate::change::{NoiseSource, Verdict};
use crate::report::{ColorSource, LesionKind, ProbableType, ScaleSource, SizeClass, Status};

/// What became of a primary metric, in plain words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub measure: &'static str,
    pub metric: &'static str,
    /// What it is of.
    pub noun: &'static str,
    pub fell: &'static str,
    pub rose: &'static str,
}

macro_rules! words {
    ($($name:ident: $english:literal,)*) => {
        /// The words of one language.
        #[derive(Debug, Clone, Copy)]
        pub(super) struct Words {
            /// Of every primary metric.
            pub phrases: &'static [Phrase],
            /// Shares that have a word, in per cent.
            pub shares: &'static [(f64, &'static str)],
            $(pub $name: &'static str,)*
        }

        /// English.
        pub(super) const ENGLISH: Words = Words {
            phrases: PHRASES,
            shares: SHARES,
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
        fell: "Scars show less relief",
        rose: "Scars show more relief",
    },
    Phrase {
        measure: "pigment",
        metric: "burden",
        noun: "Pigment spots",
        fell: "Pigment spots weigh less",
        rose: "Pigment spots weigh more",
    },
    Phrase {
        measure: "texture",
        metric: "sq_fine",
        noun: "Fine texture",
        fell: "Fine texture is smoother",
        rose: "Fine texture is rougher",
    },
    Phrase {
        measure: "wrinkles",
        metric: "contrast",
        noun: "Lines and wrinkles",
        fell: "Lines are fainter",
        rose: "Lines are stronger",
    },
    Phrase {
        measure: "pores",
        metric: "contrast",
        noun: "Pores",
        fell: "Pores stand out less",
        rose: "Pores stand out more",
    },
    Phrase {
        measure: "redness",
        metric: "hemoglobin_mean",
        noun: "Redness",
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
    lead_some: "{} of {} main measures changed beyond what photographs vary by anyway.",
    lead_one: "1 of {} main measures changed beyond what photographs vary by anyway.",
    by: "{}, by {} ({})",
    lead_some_probably: "{} of {} main measures probably changed, beyond what photographs vary by anyway.",
    lead_one_probably: "1 of {} main measures probably changed, beyond what photographs vary by anyway.",
    measured_change_alone: "Read {}.",
    measured_change: "Read {} ({}).",
    could_show: "{} or more would have shown.",
    no_noise: "How much photographs vary by is not known for it, so that no change is called.",
    interval_of: "{} to {}",
    decreased: "decreased",
    increased: "increased",
    probably_decreased: "probably decreased",
    probably_increased: "probably increased",
    no_detectable_change: "no detectable change",
    not_measurable: "not measurable",
    not_judged: "change not judged",
    better: "better",
    worse: "worse",
    why_probably: "Why only “probably”?",
    because_assumed: "How much photographs vary by was assumed, not measured: three captures a visit, or the clinic’s own noise file, could make it sure.",
    because_limited: "The pair is limited: see below.",
    because_many: "Of many measures, one or the other changes by chance; adjusted for that, it is not beyond doubt.",
    how_to_read: "How to read it: the dot is the change that was measured, the bar the 95 % interval of the true one. Inside the gray band around zero lies what photographs of unchanged skin differ by.",
    plot_of: "Change {}, 95 % interval {}, smallest detectable change {}",
    unknown: "unknown",
    // Quality
    quality: "Can the pair be relied on?",
    quality_ok: "The photographs fit each other; nothing limits what is said.",
    limits: "What limits the pair",
    warnings: "What to know",
    found_needed: "found {}, needed {}",
    found: "found {}",
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
}

/// A pattern with its gaps filled in their order.
pub(super) fn fill(pattern: &str, with: &[&str]) -> String {
    let mut parts = pattern.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (i, part) in parts.enumerate() {
        out.push_str(with.get(i).copied().unwrap_or_default());
        out.push_str(part);
    }
    out
}

impl Words {
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

    /// A verdict by which nothing changed says nothing where no noise is known.
    pub fn of_judged(&self, verdict: Verdict, smallest: Option<f64>) -> &'static str {
        match (verdict, smallest) {
            (Verdict::NoDetectableChange, None) => self.not_judged,
            _ => self.of_verdict(verdict),
        }
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
