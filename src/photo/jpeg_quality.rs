//! Reads coding quality and chroma subsampling off a JPEG's tables.

use crate::photo::jpeg_markers::{Frame, Walk};
use crate::photo::types::JpegFacts;

/// Luminance quantization of ITU-T T.81 table K.1, in zigzag order.
const K1_ZIGZAG: [u16; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40,
    58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103,
    104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/// Facts from the frame header and the quantization tables.
pub(crate) fn jpeg_facts(walk: &Walk, frame: &Frame) -> JpegFacts {
    let luminance = frame.components.first().map_or(0, |c| usize::from(c.quantization));
    let table = walk.quantization.get(luminance).copied().flatten();
    JpegFacts {
        quality_estimate: table.as_ref().map(nearest_ijg_quality),
        chroma_subsampling: chroma_subsampling(frame).to_owned(),
        progressive: frame.kind == 2,
    }
}

/// The quality, 1–100, whose scaled table K.1 lies nearest (sum of absolute differences); the
/// scaling is that of the Independent JPEG Group's library.
fn nearest_ijg_quality(table: &[u16; 64]) -> u8 {
    let distance = |quality: u8| -> u32 {
        let quality = u32::from(quality);
        let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let step = |k: usize| ((u32::from(K1_ZIGZAG[k]) * scale + 50) / 100).clamp(1, 255);
        (0..64).map(|k| step(k).abs_diff(u32::from(table[k]))).sum()
    };
    (1..=100).min_by_key(|&quality| distance(quality)).unwrap_or(1)
}

fn chroma_subsampling(frame: &Frame) -> &'static str {
    let factors: Vec<(u8, u8)> = frame.components.iter().map(|c| (c.horizontal, c.vertical)).collect();
    match factors[..] {
        [_] => "gray",
        [luma, blue, red] if blue == red => {
            let whole = luma.0 % blue.0 == 0 && luma.1 % blue.1 == 0;
            match (luma.0 / blue.0, luma.1 / blue.1) {
                (1, 1) if whole => "4:4:4",
                (2, 1) if whole => "4:2:2",
                (2, 2) if whole => "4:2:0",
                (1, 2) if whole => "4:4:0",
                (4, 1) if whole => "4:1:1",
                _ => "other",
            }
        }
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::tests::fixture;

    /// Tables that libjpeg (through Pillow) wrote at known qualities.
    #[test]
    fn quality_is_read_off_libjpeg_tables() {
        let cases = fixture("jpeg_quality.json");
        let cases = cases.as_array().unwrap();
        assert!(cases.len() >= 8);
        for case in cases {
            let quality = case["quality"].as_u64().unwrap();
            let luminance: Vec<u16> = case["luminance_zigzag"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_u64().unwrap() as u16)
                .collect();
            let table: [u16; 64] = luminance.try_into().unwrap();
            assert_eq!(u64::from(nearest_ijg_quality(&table)), quality);
        }
    }
}
