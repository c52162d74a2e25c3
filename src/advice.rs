//! Advice for the photographer: what to do about each reason that a report can carry.

/// Reasons by code, each with one imperative phrase. It stands after a colon and ends without a full stop.
const ADVICE: &[(&str, &str)] = &[
    // The file
    (
        "jpeg_quality",
        "save at the camera's best JPEG quality, and send the file itself, not a messenger's copy",
    ),
    ("chroma_subsampled", "save at the camera's best JPEG quality, or go nearer to the skin"),
    ("processed_in_camera", "switch off HDR, portrait and beauty modes"),
    ("hdr_gain_map", "switch off HDR"),
    ("orientation_unknown", "check on the page that the photograph is upright"),
    ("color_assumed_srgb", "let the camera write its color space into the file (sRGB)"),
    ("same_photograph", "give each capture a photograph of its own"),
    ("file_missing", "check the name of the file and its folder"),
    ("file_is_folder", "name a photograph, not a folder"),
    ("file_not_regular", "name a file on disk"),
    ("file_no_permission", "allow the program to read the file"),
    ("file_unreadable", "check the disk, and send the file again"),
    ("file_empty", "send the file again, straight from the camera"),
    ("file_truncated", "send the file again, straight from the camera"),
    ("file_damaged", "send the file again, straight from the camera"),
    ("format_not_supported", "save as JPEG, PNG or TIFF"),
    ("format_kind_not_supported", "save as an ordinary JPEG, PNG or TIFF"),
    ("printing_inks", "save in RGB, not in printing inks (CMYK)"),
    ("animated", "save one still picture"),
    ("several_pages", "save one picture a file"),
    ("too_small", "use the full resolution"),
    ("too_many_pixels", "allow more pixels (--max-pixels), or send a smaller picture"),
    ("too_much_memory", "allow more memory (--max-memory), or send a smaller picture"),
    ("color_profile_unusable", "save in sRGB"),
    ("memory_limit", "allow more memory (--max-memory), or send smaller photographs"),
    ("region_unusable", "check the region file: white is skin to measure, in pixels of the first photograph"),
    ("landmarks_unusable", "check the file of landmarks: four pairs of places or more"),
    ("picture_failed", "run the pair again; if it fails again, report it"),
    ("engine_failed", "run the pair again on the processor (--engine cpu)"),
    ("internal_error", "report it, with the photographs where that is possible"),
    // What the photograph shows
    ("resolution_too_low", "go nearer to the skin, or use the full resolution"),
    ("clipped", "expose less, or light more evenly"),
    ("glare", "turn the lamp or use a polarizer, and blot the skin dry"),
    ("little_valid_skin", "clear away hair, glare and make-up, or mark a smaller region"),
    ("too_little_valid_skin", "clear away hair, glare and make-up, or mark another region"),
    ("underexposed", "expose more, or bring more light"),
    ("overexposed", "expose less"),
    ("noisy", "bring more light and lower the ISO speed"),
    ("blurred", "hold the camera steady and refocus"),
    ("no_skin", "fill the picture with skin, or mark the region (--region)"),
    ("no_light", "expose more, or bring more light"),
    ("no_skin_tone", "set the white balance to the lamp, or show a color chart or the marker card"),
    ("flat", "check that the region is skin, sharp and lit from the side"),
    // The pair
    ("focus_differs", "take the softer photograph again: hold the camera steady and refocus"),
    ("noise_differs", "use the same camera, light and file format as on the first visit"),
    ("light_differs", "put the lamp where it was, at the same height and distance, and keep the face still"),
    ("color_not_matched", "show more of the same skin on both photographs"),
    ("too_few_matches", "frame the same skin from the same side and distance"),
    ("low_overlap", "frame the same skin from the same side and distance"),
    ("low_correlation", "frame the same skin, relaxed, from the same side and distance"),
    ("poor_spread", "frame the same skin from the same side and distance"),
    ("not_the_same_skin", "photograph the same skin"),
    ("high_residual", "keep the same side and distance, and the face relaxed"),
    ("motion_uncertain", "keep the same side and distance, and the face relaxed"),
    ("skin_folded", "relax the skin as on the first photograph"),
    ("scale_differs", "keep the distance of the first photograph"),
    ("pose_differs", "hold the camera square to the skin, as on the first visit"),
    ("pose_unknown", "show more skin around the region"),
    ("landmarks", "check on the page that both photographs lie on each other"),
    ("landmarks_disagree", "set each landmark again, on the same spot of skin"),
    ("needs_two_photographs", "compare a photograph before with one after (compare)"),
    ("repeat_left_out", "take the further capture again, of the same skin from the same side"),
    ("other_definition", "measure these photographs again with this version of the program"),
    // Card, chart, scale
    ("card_incomplete", "show all of the card, sharp, and nothing on it"),
    ("card_bent", "lay the card flat, or print it on stiff paper"),
    ("card_clipped", "expose less, and keep shine and shadow off the card"),
    ("card_tilted", "lay the card flat beside the skin and face it"),
    ("two_cards", "show one card"),
    ("chart_tilted", "lay the chart flat beside the skin and face it"),
    ("chart_clipped", "expose less, and show all of the chart"),
    ("chart_residual", "wipe the chart, keep shine off it, and say when it was made (--chart-edition)"),
    ("chart_size_unknown", "measure from the center of one patch to the next (--chart-pitch-mm)"),
    ("color_target_missing", "show the same card or chart on every photograph"),
    ("color_by_printed_gray", "show a color chart where absolute colors are needed"),
    ("scales_disagree", "lay the card or chart in the plane of the skin"),
    ("scale_unknown", "lay the marker card beside the skin, or give the scale (--mm-per-px)"),
    ("scale_assumed", "lay the marker card beside the skin, or give the scale (--mm-per-px)"),
    ("color_relative", "show a color chart or the marker card, or mark untreated skin (--reference)"),
    ("unpolarised_dark_skin", "use cross-polarized light"),
    ("noise_not_covered", "measure the clinic's noise on such captures too (repeatability)"),
    // The change
    (
        "light_unknown",
        "have untreated skin in the frame and mark it (--reference), or photograph both visits from one fixed \
         set-up and say so (--light-fixed); further captures of each visit help too",
    ),
    (
        "focus_unknown",
        "refocus until fine detail is as sharp as on the first visit, or mark untreated skin (--reference)",
    ),
    ("noise_unknown", "use the same camera, ISO speed and light on both visits"),
    ("color_unclear", "photograph again once redness or tan has settled, or use cross-polarized light"),
    ("one_of_many", "take three captures of each visit (--before-repeat, --after-repeat)"),
    (
        "too_uncertain",
        "measure more skin, or take three captures of each visit (--before-repeat, --after-repeat)",
    ),
    ("no_noise", "take three captures of each visit (--before-repeat, --after-repeat)"),
    ("needs_repeats", "take three captures of each visit (--before-repeat, --after-repeat)"),
    ("no_reference", "have untreated skin in the frame and mark it (--reference)"),
    ("reference_too_small", "mark more untreated skin"),
    ("is_reference", "look at the treated skin: this holds for untreated skin alone"),
    // What was looked for
    ("no_scars", "nothing, if there are none; else light the scars from the side"),
    ("no_spots", "nothing, if there are none; else expose evenly and mark the region (--region)"),
    ("no_ring", "mark a larger region, with plain skin around the spots"),
    ("no_pores", "nothing, if there are none; else go nearer and refocus"),
    ("no_wrinkles", "nothing, if there are none; else light the lines from the side"),
    ("no_rough_red", "examine the skin itself: a photograph gives no all-clear"),
    ("lesion_not_seen", "keep hair, shine and the edge of the picture off the lesion"),
    ("lesion_partly_seen", "keep hair, shine and the edge of the picture off the lesion"),
    ("scar_in_its_place", "read the scar in the same place instead"),
    ("scar_type_unknown", "light the skin from the side, say so (--light oblique), and give the scale"),
    ("not_finite", "measure a larger region"),
    ("no_core", "measure a larger region"),
    ("no_decay", "measure a larger region"),
    // True height
    (
        "no_height_map",
        "only where depth in µm is needed: give height maps, or photographs under known lamps (--before-lights)",
    ),
    ("no_height_here", "give a height map that covers the region"),
    ("area_too_small", "measure a larger area with its heights"),
];

/// Codes that ask for nothing: they inform.
#[cfg(test)]
const INFORMS: &[&str] =
    &["veiled", "control_changed", "tan_changed", "swelling_possible", "exif_unreadable"];

/// Advice about a reason, where there is something to do.
pub fn advice(code: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(known, _)| *known == code).map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests;
