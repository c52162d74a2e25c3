//! What is taken over from EXIF, and above all what is not.

use super::exif_block::{ascii, block, opaque, rational, short};
use super::{jpeg_with_segments, load_bytes, textured_jpeg};
use crate::geometry::Size;
use crate::photo::facts::{read_exif, sanitized};
use crate::photo::{CaptureDay, CaptureFacts, Photo, WhiteBalanceMode};

const SECRETS: [&str; 9] = [
    "SN-998877",
    "LENS-SN-1",
    "Jane Owner",
    "Art Ist",
    "(c) Secret",
    "User Note",
    "Scene at home",
    "MAKERSECRET",
    "2024",
];

fn photo_with_everything() -> Photo {
    let main = vec![
        ascii(0x010E, "Scene at home"),
        ascii(0x010F, "Acme\x07 Optics\n"),
        ascii(0x0110, "Model X"),
        short(0x0112, 1),
        ascii(0x0132, "2024:05:06 07:08:09"),
        ascii(0x013B, "Art Ist"),
        ascii(0x8298, "(c) Secret"),
    ];
    let exif = [
        rational(0x829A, &[(1, 125)]),
        rational(0x829D, &[(56, 10)]),
        short(0x8827, 200),
        ascii(0x9003, "2024:05:06 07:08:09"),
        rational(0x9206, &[(35, 100)]),
        short(0x9209, 0x0019),
        rational(0x920A, &[(50, 1)]),
        opaque(0x927C, b"MAKERSECRET"),
        opaque(0x9286, b"ASCII\0\0\0User Note"),
        short(0xA403, 1),
        short(0xA405, 75),
        ascii(0xA430, "Jane Owner"),
        ascii(0xA431, "SN-998877"),
        ascii(0xA434, "Macro 60"),
        ascii(0xA435, "LENS-SN-1"),
    ];
    let gps = [
        ascii(0x0001, "N"),
        rational(0x0002, &[(51, 1), (30, 1), (2645, 100)]),
        ascii(0x0003, "W"),
        rational(0x0004, &[(0, 1), (7, 1), (3921, 100)]),
    ];
    let payload = [b"Exif\0\0".to_vec(), block(main, &exif, &gps)].concat();
    let jpeg = textured_jpeg(Size::new(80, 64));
    load_bytes(&jpeg_with_segments(&jpeg, &[(0xE1, payload)])).unwrap()
}

#[test]
fn facts_on_the_list_are_read() {
    let photo = photo_with_everything();
    assert_eq!(
        photo.facts,
        CaptureFacts {
            make: Some("Acme Optics".to_owned()),
            model: Some("Model X".to_owned()),
            lens_model: Some("Macro 60".to_owned()),
            exposure_time_s: Some(1.0 / 125.0),
            f_number: Some(5.6),
            iso: Some(200),
            focal_length_mm: Some(50.0),
            focal_length_35mm: Some(75.0),
            flash_fired: Some(true),
            white_balance: Some(WhiteBalanceMode::Manual),
            subject_distance_m: Some(0.35),
            resolution_px_per_mm: None,
            capture_day: CaptureDay::from_exif("2024:05:06"),
        }
    );
    assert!(photo.facts.capture_day.is_some());
}

#[test]
fn nothing_private_is_serialized() {
    let photo = photo_with_everything();
    let text = serde_json::to_string(&photo.facts).unwrap();
    // The test would be empty if the facts were.
    assert!(text.contains("Acme Optics") && text.contains("Macro 60"));
    let everything =
        [text, serde_json::to_string(&photo.jpeg).unwrap(), serde_json::to_string(&photo.color).unwrap()];
    let everything = everything.concat();
    for secret in SECRETS {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    for word in ["gps", "latitude", "serial", "owner", "26.45", "39.21", "date", "day"] {
        assert!(!everything.to_lowercase().contains(word), "{word} in {everything}");
    }
    // In memory too, nothing but the day is kept beyond the list.
    let debug = format!("{:?} {:?} {} {:?}", photo.facts, photo.warnings, photo.name, photo.color);
    for secret in SECRETS {
        assert!(!debug.contains(secret), "{secret} in {debug}");
    }
}

#[test]
fn serialized_facts_come_back_without_the_day() {
    let facts = photo_with_everything().facts;
    let back: CaptureFacts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
    assert_eq!(back, CaptureFacts { capture_day: None, ..facts });
    let schema = serde_json::to_string(&schemars::schema_for!(CaptureFacts)).unwrap();
    assert!(schema.contains("exposure_time_s") && !schema.contains("capture_day"));
}

#[test]
fn texts_are_short_and_printable() {
    assert_eq!(sanitized("  a\u{1b}[31mb\r\n\0 "), Some("a[31mb".to_owned()));
    assert_eq!(sanitized("\0\0 \t"), None);
    assert_eq!(sanitized(&"ä".repeat(500)).unwrap().chars().count(), 64);
}

#[test]
fn senseless_numbers_are_left_out() {
    let exif = [
        rational(0x829A, &[(1, 0)]),
        rational(0x829D, &[(0, 1)]),
        short(0x8827, 0),
        rational(0x9206, &[(u32::MAX, 1)]),
        short(0xA403, 9),
    ];
    let reading = read_exif(&block(vec![short(0x0112, 9)], &exif, &[]));
    assert_eq!(reading.facts, CaptureFacts::default());
    assert_eq!(reading.orientation, 1);
    assert_eq!(reading.warnings.len(), 1);
    assert_eq!(reading.warnings[0].code, "orientation_unknown");
}

#[test]
fn resolution_only_where_it_can_be_true() {
    let resolution = |x: u32, y: u32, unit: u16, exif: &[super::exif_block::Entry]| {
        let main = vec![rational(0x011A, &[(x, 1)]), rational(0x011B, &[(y, 1)]), short(0x0128, unit)];
        read_exif(&block(main, exif, &[])).facts.resolution_px_per_mm
    };
    assert_eq!(resolution(508, 508, 2, &[]), Some(20.0));
    assert_eq!(resolution(200, 200, 3, &[]), Some(20.0));
    assert_eq!(resolution(508, 600, 2, &[]), None, "pixels are not square");
    assert_eq!(resolution(508, 508, 1, &[]), None, "no unit");
    assert_eq!(resolution(300, 300, 2, &[]), None, "placeholder");
    assert_eq!(resolution(508, 508, 2, &[rational(0x829A, &[(1, 60)])]), None, "a camera cannot know");
}

#[test]
fn broken_exif_costs_the_facts_not_the_photograph() {
    let jpeg = textured_jpeg(Size::new(80, 64));
    let payload = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x30\x01".to_vec();
    let photo = load_bytes(&jpeg_with_segments(&jpeg, &[(0xE1, payload)])).unwrap();
    assert!(photo.warnings.iter().any(|w| w.code == "exif_unreadable"), "{:?}", photo.warnings);
    assert_eq!(photo.size, Size::new(80, 64));
}
