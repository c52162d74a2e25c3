//! EXIF as ImageMagick and others wrote it into PNG before the `eXIf` chunk existed: a text chunk
//! named `Raw profile type exif` (or `APP1`), with the block in hexadecimal. Without it a picture
//! that only such a chunk turns upright would be measured lying on its side.

use std::io::Read;

/// Names of the text chunks, with the zero behind them.
const KEYWORDS: [&[u8]; 2] = [b"Raw profile type exif\0", b"Raw profile type APP1\0"];
/// Longest text that is unpacked: four times the hexadecimal form of the largest JPEG segment.
const MAX_TEXT_BYTES: u64 = 1 << 19;

/// The EXIF block in the payload of a `tEXt` chunk, or of a `zTXt` chunk (`is_packed`).
pub(crate) fn exif_block(payload: &[u8], is_packed: bool) -> Option<Vec<u8>> {
    let text = KEYWORDS.iter().find_map(|keyword| payload.strip_prefix(*keyword))?;
    if !is_packed {
        return from_text(text);
    }
    let (&method, packed) = text.split_first()?;
    let mut text = Vec::new();
    flate2::read::ZlibDecoder::new(packed).take(MAX_TEXT_BYTES).read_to_end(&mut text).ok()?;
    (method == 0).then(|| from_text(&text))?
}

/// A line break, the profile's type, its length in bytes, and as many bytes in hexadecimal.
fn from_text(text: &[u8]) -> Option<Vec<u8>> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let length: usize = std::str::from_utf8(words.nth(1)?).ok()?.parse().ok()?;
    let digits: Option<Vec<u8>> =
        words.flatten().map(|&digit| char::from(digit).to_digit(16).map(|v| v as u8)).collect();
    let bytes: Vec<u8> = digits?.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TEXT: &[u8] = b"\nexif\n      8\n45786966\n0000ff0A\n";
    const BLOCK: &[u8] = b"Exif\0\0\xFF\x0A";

    #[test]
    fn plain_and_packed_texts_give_the_block() {
        let plain = [KEYWORDS[0], TEXT].concat();
        assert_eq!(exif_block(&plain, false).unwrap(), BLOCK);
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(TEXT).unwrap();
        let packed = [KEYWORDS[1], &[0], &packer.finish().unwrap()].concat();
        assert_eq!(exif_block(&packed, true).unwrap(), BLOCK);
        assert_eq!(exif_block(&packed[..packed.len() - 12], true), None, "cut short");
    }

    #[test]
    fn other_texts_give_nothing() {
        for text in [&b"\nexif\n 9\n45786966"[..], b"\nexif\n", b"\nexif\n1\nxy", b"", b"\nexif\n-1\n45"] {
            assert_eq!(exif_block(&[KEYWORDS[0], text].concat(), false), None);
        }
        assert_eq!(exif_block(b"Comment\0\nexif\n1\n45", false), None);
    }
}
