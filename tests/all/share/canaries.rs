//! A clinic whose photographs, files and names are full of canaries.

use std::io::Write;
use std::path::PathBuf;

use super::bytes::holds;
use crate::common::{Folder, crc32, small_pair};
use serde_json::json;

#[path = "../../../src/photo/tests/exif_block.rs"]
#[allow(dead_code, reason = "photographs of other tests need more")]
mod exif_block;

use exif_block::{ascii, block, opaque, rational};

/// What lies in files, and must never be written.
const METADATA: [&str; 30] = [
    "artist",
    "copyright",
    "host computer",
    "software",
    "image description",
    "owner",
    "body serial",
    "lens serial",
    "lens model",
    "user comment",
    "maker note",
    "unique id",
    "gps area",
    "gps latitude",
    "xp author",
    "thumbnail",
    "XMP",
    "IPTC",
    "JPEG comment",
    "ICC description",
    "PNG tEXt",
    "PNG zTXt",
    "PNG iTXt",
    "PNG eXIf",
    "PNG key",
    "TIFF artist",
    "TIFF description",
    "TIFF document",
    "TIFF host",
    "noise note",
];
/// What people and cameras are called, and must not be told of what is shared.
const NAMES: [&str; 24] = [
    "camera make",
    "camera model",
    "before file",
    "after file",
    "repeat file",
    "broken file",
    "stem",
    "other file",
    "folder",
    "out folder",
    "pair",
    "broken pair",
    "subject",
    "view",
    "series",
    "region",
    "region in a file",
    "region file",
    "reference file",
    "manifest file",
    "series file",
    "noise file",
    "noise camera",
    "noise site",
];

/// One string for each; none is part of another, of a word or of a hash.
pub struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    fn new() -> Self {
        let of = |(i, name): (usize, &'static str)| {
            (name, format!("Qzw{}ykX{i:02}jv", (b'A' + (i % 26) as u8) as char))
        };
        Self(METADATA.into_iter().chain(NAMES).enumerate().map(of).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The canary of something.
    pub fn name(&self, of: &str) -> &str {
        &self.0.iter().find(|(name, _)| *name == of).unwrap_or_else(|| panic!("a canary for {of}")).1
    }

    /// Whether it lies in files.
    pub fn is_metadata(&self, of: &str) -> bool {
        METADATA.contains(&of)
    }

    /// Those that stand in some bytes.
    pub fn found_in(&self, texts: &[Vec<u8>]) -> Vec<&'static str> {
        let stands = |text: &str| texts.iter().any(|bytes| holds(bytes, text.as_bytes()));
        // A picture of a place is a number as well.
        let is_place =
            |name: &str| name == "gps latitude" && (stands("48.8583") || stands("48/1") || stands("51/1"));
        self.0.iter().filter(|(name, text)| stands(text) || is_place(name)).map(|(name, _)| *name).collect()
    }
}

/// Photographs, manifests, regions and noise.
pub struct Clinic {
    pub folder: Folder,
    pub canaries: Canaries,
    pub before: String,
    pub after: String,
    pub repeat: String,
    pub region: String,
    pub manifest: String,
    pub series: String,
    pub noise: String,
    /// A folder of photographs.
    pub photos: String,
    pub key: PathBuf,
}

impl Clinic {
    pub fn new() -> Self {
        let canaries = Canaries::new();
        let folder = Folder::new();
        let name = |of: &str| canaries.name(of);
        let inside = format!("in-{}", name("folder"));
        let file = |of: &str, ending: &str| format!("{inside}/{}.{ending}", name(of));
        let [before, after] = small_pair();
        let (jpeg, png, tiff) = (jpeg(&before, &canaries), png(&after, &canaries), tiff(&before, &canaries));
        let clinic = Self {
            before: file("before file", "jpg"),
            after: file("after file", "png"),
            repeat: file("repeat file", "tif"),
            region: file("region file", "json"),
            manifest: file("manifest file", "csv"),
            series: file("series file", "csv"),
            noise: file("noise file", "json"),
            photos: format!("photos-{}", name("folder")),
            key: folder.write("key", super::KEY),
            canaries: Canaries::new(),
            folder,
        };
        let folder = &clinic.folder;
        folder.write(&clinic.before, &jpeg);
        folder.write(&clinic.after, &png);
        folder.write(&clinic.repeat, &tiff);
        folder.write(&file("broken file", "jpg"), &jpeg[..jpeg.len() / 2]);
        let rectangle = |left: f64, right: f64| [[left, 5.0], [right, 5.0], [right, 140.0], [left, 140.0]];
        folder.write(&clinic.region, json!({"polygons": [rectangle(5.0, 180.0)]}).to_string());
        let named = json!({"regions": [
            {"name": name("region in a file"), "polygons": [rectangle(5.0, 90.0)]},
            {"name": "chin", "polygons": [rectangle(95.0, 185.0)]},
        ]});
        folder.write(&file("reference file", "json"), named.to_string());
        let base = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        folder.write(
            &clinic.manifest,
            format!(
                "pair,before,after,subject,view,region,days\n{},{before},{after},{subject},{view},{}.json,17\n{},{}.jpg,{after},{subject},{view},,3\n",
                name("pair"),
                name("reference file"),
                name("broken pair"),
                name("broken file"),
                before = base(&clinic.before),
                after = base(&clinic.after),
                subject = name("subject"),
                view = name("view"),
            ),
        );
        folder.write(
            &clinic.series,
            format!(
                "series,day,photo,subject,view\n{series},0,{},{},{}\n{series},7,{},,\n",
                base(&clinic.before),
                name("subject"),
                name("view"),
                base(&clinic.after),
                series = name("series"),
            ),
        );
        let covers = json!({"cameras": [name("noise camera")], "sites": [name("noise site")], "skin": ["light"],
            "px_per_mm": [1.0, 30.0], "people": 5, "sets": 5, "captures": 15});
        let noise = json!({"format": "dermetric-noise-1", "made_by": name("noise note"), "covers": covers, "groups": [], "left_out": []});
        folder.write(&clinic.noise, noise.to_string());
        let stem = format!("{}/{}", clinic.photos, name("stem"));
        folder.write(&format!("{stem}_before.jpg"), &jpeg);
        folder.write(&format!("{stem}_after.png"), &png);
        folder.write(&format!("{}/{}.txt", clinic.photos, name("other file")), "");
        clinic
    }

    /// A folder for results, in one that is named after somebody.
    pub fn out(&self, of: &str) -> PathBuf {
        self.folder.at(&format!("{}-{of}/results", self.canaries.name("out folder")))
    }
}

fn exif(canaries: &Canaries, [make, model]: [&str; 2]) -> Vec<u8> {
    let text = |tag, of: &str| ascii(tag, canaries.name(of));
    let wide: Vec<u8> = canaries.name("xp author").bytes().flat_map(|byte| [byte, 0]).collect();
    let main = vec![
        text(0x010E, "image description"),
        ascii(0x010F, make),
        ascii(0x0110, model),
        text(0x0131, "software"),
        text(0x013B, "artist"),
        text(0x013C, "host computer"),
        text(0x8298, "copyright"),
        opaque(0x9C9D, &wide),
        ascii(0x0132, "2026:03:14 10:11:12"),
    ];
    let sub = [
        ascii(0x9003, "2026:03:14 10:11:12"),
        opaque(0x927C, canaries.name("maker note").as_bytes()),
        opaque(0x9286, &[b"ASCII\0\0\0", canaries.name("user comment").as_bytes()].concat()),
        text(0xA420, "unique id"),
        text(0xA430, "owner"),
        text(0xA431, "body serial"),
        text(0xA434, "lens model"),
        text(0xA435, "lens serial"),
    ];
    let gps = [
        ascii(1, "N"),
        rational(2, &[(48, 1), (51, 1), (3012, 100)]),
        opaque(0x001C, &[b"ASCII\0\0\0", canaries.name("gps area").as_bytes()].concat()),
        text(0x001D, "gps latitude"),
    ];
    block(main, &sub, &gps)
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker][..], &length, payload].concat()
}

/// A JPEG with everything that cameras and programs write into one.
fn jpeg(png: &[u8], canaries: &Canaries) -> Vec<u8> {
    let rgb = image::load_from_memory(png).unwrap().into_rgb8();
    let mut plain = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 95).encode_image(&rgb).unwrap();
    let camera = ["camera make", "camera model"].map(|of| canaries.name(of));
    let name = |of: &str| canaries.name(of).as_bytes();
    let thumbnail = [b"\0\0", &segment(0xFE, name("thumbnail"))[..]].concat();
    let iptc = [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x14\x1C\x02\x50\0\x0C", name("IPTC")].concat();
    let xmp =
        [b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:creator>", name("XMP"), b"</dc:creator></x:xmpmeta>"]
            .concat();
    let icc = [b"ICC_PROFILE\0\x01\x01", &profile(canaries.name("ICC description"))[..]].concat();
    let segments = [
        segment(0xE1, &[b"Exif\0\0", &exif(canaries, camera)[..]].concat()),
        segment(0xE1, &xmp),
        segment(0xE2, &icc),
        segment(0xED, &iptc),
        segment(0xEC, &thumbnail),
        segment(0xFE, name("JPEG comment")),
    ]
    .concat();
    [&plain[..2], &segments, &plain[2..]].concat()
}

/// A profile of a space other than sRGB that somebody named.
fn profile(description: &str) -> Vec<u8> {
    let mut profile = moxcms::ColorProfile::new_adobe_rgb();
    profile.description = Some(moxcms::ProfileText::Localizable(vec![moxcms::LocalizableString::new(
        "en".to_owned(),
        "US".to_owned(),
        description.to_owned(),
    )]));
    profile.encode().unwrap()
}

/// A PNG with texts of all kinds.
fn png(png: &[u8], canaries: &Canaries) -> Vec<u8> {
    const BEHIND_IHDR: usize = 8 + 25;
    let name = |of: &str| canaries.name(of).as_bytes();
    let packed = |text: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let camera = ["camera make", "camera model"].map(|of| canaries.name(of));
    let chunks: [(&[u8; 4], Vec<u8>); 5] = [
        (b"tEXt", [b"Author\0", name("PNG tEXt")].concat()),
        (b"tEXt", [name("PNG key"), b"\0text"].concat()),
        (b"zTXt", [b"Comment\0\0", &packed(name("PNG zTXt"))[..]].concat()),
        (b"iTXt", [b"Title\0\x01\0en\0\0", &packed(name("PNG iTXt"))[..]].concat()),
        (b"eXIf", exif(canaries, camera)),
    ];
    let mut out = png[..BEHIND_IHDR].to_vec();
    for (kind, payload) in chunks {
        out.extend((payload.len() as u32).to_be_bytes());
        let named = [&kind[..], &payload].concat();
        out.extend(&named);
        out.extend(crc32(&named).to_be_bytes());
    }
    out.extend(&png[BEHIND_IHDR..]);
    out
}

/// A TIFF with what scanners and programs write into one.
fn tiff(png: &[u8], canaries: &Canaries) -> Vec<u8> {
    use tiff::encoder::{TiffEncoder, colortype::RGB8};
    use tiff::tags::Tag;
    let mut rgb = image::load_from_memory(png).unwrap().into_rgb8();
    // Another capture: one file given twice would be refused.
    rgb.pixels_mut().step_by(3).for_each(|pixel| pixel.0[1] ^= 1);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    let mut image = encoder.new_image::<RGB8>(rgb.width(), rgb.height()).unwrap();
    for (tag, of) in [
        (Tag::Artist, "TIFF artist"),
        (Tag::ImageDescription, "TIFF description"),
        (Tag::Unknown(269), "TIFF document"),
        (Tag::Unknown(316), "TIFF host"),
    ] {
        image.encoder().write_tag(tag, canaries.name(of)).unwrap();
    }
    image.write_data(rgb.as_raw()).unwrap();
    bytes.into_inner()
}
