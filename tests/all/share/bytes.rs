//! Everything that is written, as bytes to be searched: names, contents, and what contents hold packed.

use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// All below a folder.
pub fn told(folder: &Path) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        for entry in std::fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            out.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned().into_bytes());
            if path.is_dir() {
                folders.push(path);
            } else {
                unpacked(std::fs::read(path).unwrap(), &mut out);
            }
        }
    }
    out
}

/// Bytes, and what they hold packed.
fn unpacked(bytes: Vec<u8>, out: &mut Vec<Vec<u8>>) {
    if bytes.starts_with(b"\x89PNG") {
        out.push(picture_data(&bytes));
    } else if bytes.starts_with(b"\xFF\xD8") {
        assert_plain_jpeg(&bytes);
    } else {
        for part in String::from_utf8_lossy(&bytes).split(";base64,").skip(1) {
            let end =
                part.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).unwrap_or(part.len());
            unpacked(STANDARD.decode(&part[..end]).unwrap(), out);
        }
    }
    out.push(bytes);
}

/// The inflated picture of a PNG that holds nothing else.
fn picture_data(png: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut at = 8;
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        let name = &png[at + 4..at + 8];
        assert!([&b"IHDR"[..], b"PLTE", b"tRNS", b"IDAT", b"IEND"].contains(&name), "a chunk {name:?}");
        if name == b"IDAT" {
            packed.extend(&png[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    let mut inflated = Vec::new();
    flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut inflated).unwrap();
    inflated
}

/// Of the segments that programs write what they like into, only JFIF's own.
fn assert_plain_jpeg(jpeg: &[u8]) {
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let (marker, length) = (jpeg[at + 1], usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])));
        let is_free = (0xE0..=0xEF).contains(&marker) || marker == 0xFE;
        assert!(!is_free || marker == 0xE0 && jpeg[at + 4..].starts_with(b"JFIF"), "a segment {marker:x}");
        at += 2 + length;
    }
}

/// Whether a text stands in bytes, in ASCII of either case or in UTF-16.
pub fn holds(bytes: &[u8], text: &[u8]) -> bool {
    let wide = |order: [usize; 2]| -> Vec<u8> {
        text.iter().flat_map(|&byte| order.map(|place| if place == 0 { byte } else { 0 })).collect()
    };
    [text.to_vec(), wide([0, 1]), wide([1, 0])].iter().any(|wanted| {
        bytes
            .windows(wanted.len())
            .any(|window| window[0].eq_ignore_ascii_case(&wanted[0]) && window.eq_ignore_ascii_case(wanted))
    })
}
