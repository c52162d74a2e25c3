//! Tells a file's format from its first bytes. The name of a file proves nothing.

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Tiff,
    WebP,
}

/// What the first bytes of a file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A format that is read.
    Known(Format),
    /// Another format, by name.
    Foreign(String),
}

/// Signatures at the start of a file, of formats that are not read.
const FOREIGN: [(&[u8], &str); 21] = [
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"\0\0\x01\0", "ICO"),
    (b"icns", "ICNS"),
    (b"8BPS", "Photoshop PSD"),
    (b"%PDF", "PDF"),
    (b"\xFF\x0A", "JPEG XL"),
    (b"\0\0\0\x0CJXL \r\n", "JPEG XL"),
    (b"\0\0\0\x0CjP  \r\n", "JPEG 2000"),
    (b"\xFF\x4F\xFF\x51", "JPEG 2000"),
    (b"\x76\x2F\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"qoif", "QOI"),
    (b"DDS ", "DDS"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1F\x8B", "gzip"),
    (b"FUJIFILM", "Fujifilm camera raw (RAF)"),
    (b"IIRO", "Olympus camera raw (ORF)"),
    (b"IIU\0", "Panasonic camera raw (RW2)"),
    (b"II\x2B\0", "BigTIFF"),
    (b"MM\0\x2B", "BigTIFF"),
];

/// Reads the format off the first bytes of a file.
pub(crate) fn sniff(bytes: &[u8]) -> Sniffed {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|b| b.starts_with(magic));
    if starts(b"\xFF\xD8\xFF") {
        return Sniffed::Known(Format::Jpeg);
    }
    if starts(b"\x89PNG\r\n\x1A\n") {
        return Sniffed::Known(Format::Png);
    }
    if starts(b"RIFF") && at(8, b"WEBP") {
        return Sniffed::Known(Format::WebP);
    }
    if starts(b"II\x2A\0") || starts(b"MM\0\x2A") {
        if at(8, b"CR\x02") {
            return Sniffed::Foreign("Canon camera raw (CR2)".to_owned());
        }
        return Sniffed::Known(Format::Tiff);
    }
    if at(128, b"DICM") {
        return Sniffed::Foreign("DICOM".to_owned());
    }
    if at(4, b"ftyp") {
        return Sniffed::Foreign(iso_brand(bytes.get(8..12).unwrap_or_default()).to_owned());
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| starts(magic)) {
        return Sniffed::Foreign((*name).to_owned());
    }
    if let [b'P', b'1'..=b'7', white, ..] = bytes
        && white.is_ascii_whitespace()
    {
        return Sniffed::Foreign("Netpbm (PBM, PGM, PPM)".to_owned());
    }
    Sniffed::Foreign(describe_unknown(bytes))
}

/// The common name of an ISO base media brand (`ftyp` box).
fn iso_brand(brand: &[u8]) -> &'static str {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "HEIC/HEIF",
        b"avif" | b"avis" => "AVIF",
        b"crx " => "Canon camera raw (CR3)",
        _ => "an MP4 or QuickTime file",
    }
}

/// A few words on bytes of no known format.
fn describe_unknown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(64)];
    let printable = |b: &u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
    if head.iter().all(printable) {
        return "plain text".to_owned();
    }
    if head.starts_with(b"\xFF\xD8") {
        return "an unknown format (a JPEG signature without a JPEG)".to_owned();
    }
    let hex: Vec<String> = head.iter().take(8).map(|b| format!("{b:02X}")).collect();
    format!("an unknown format (first bytes {})", hex.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_name_their_formats() {
        assert_eq!(sniff(b"\xFF\xD8\xFF\xE1 Exif"), Sniffed::Known(Format::Jpeg));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Sniffed::Known(Format::WebP));
        assert_eq!(
            sniff(b"RIFF\x10\0\0\0AVI LIST"),
            Sniffed::Foreign(describe_unknown(b"RIFF\x10\0\0\0AVI LIST"))
        );
        assert_eq!(sniff(b"MM\0\x2A\0\0\0\x08"), Sniffed::Known(Format::Tiff));
        for (bytes, name) in [
            (&b"GIF89a"[..], "GIF"),
            (b"BM\x36\x00", "BMP"),
            (b"\0\0\0\x18ftypheic", "HEIC/HEIF"),
            (b"\0\0\0\x18ftypavif", "AVIF"),
            (b"P5 20 100\n", "Netpbm (PBM, PGM, PPM)"),
            (b"Dear colleague, the photograph", "plain text"),
            (b"II\x2A\0\x10\0\0\0CR\x02\0", "Canon camera raw (CR2)"),
        ] {
            assert_eq!(sniff(bytes), Sniffed::Foreign(name.to_owned()));
        }
        let mut dicom = vec![0; 128];
        dicom.extend_from_slice(b"DICM");
        assert_eq!(sniff(&dicom), Sniffed::Foreign("DICOM".to_owned()));
    }

    #[test]
    fn a_few_bytes_do_not_panic() {
        for length in 0..12 {
            assert!(matches!(
                sniff(&b"\xFF\xD8\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A"[..length]),
                Sniffed::Foreign(_)
            ));
        }
    }
}
