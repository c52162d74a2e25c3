//! Where everything on the card is, in mm from its upper left corner: what is printed is what is
//! looked for.

use super::codes::{CODES, SIDE};

/// Width and height of the card.
pub const CARD_MM: [f64; 2] = [64.0, 32.0];
/// Cells along a marker's side: the code, and a black frame one cell wide.
pub const CELLS: usize = SIDE + 2;
/// Side of a cell.
pub const CELL_MM: f64 = 1.2;
/// Side of a marker.
pub const MARKER_MM: f64 = CELL_MM * CELLS as f64;
/// Upper left corners of the markers, in the order of [`CODES`]. Around each at least one cell is
/// left white.
pub const MARKERS_MM: [[f64; 2]; 4] = [[2.0, 2.0], [53.6, 2.0], [2.0, 13.0], [53.6, 13.0]];
/// Codes of the gray patches in sRGB, from light to dark.
pub const GRAYS: [u8; 6] = [243, 200, 160, 122, 85, 52];
/// Upper left corner of the first gray patch, distance to the next, width and height.
const GRAY_MM: [f64; 2] = [13.0, 2.5];
const GRAY_PITCH_MM: f64 = 6.4;
const GRAY_SIZE_MM: [f64; 2] = [5.6, 7.6];
/// The ruler: left end, baseline, length.
const RULER_MM: [f64; 2] = [7.0, 28.6];
const RULER_LENGTH_MM: u32 = 50;

/// Something printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A filled rectangle.
    Rectangle {
        /// Left, top, width, height in mm.
        mm: [f64; 4],
        /// sRGB code of its gray; 0 is black.
        gray: u8,
    },
    /// A line of text.
    Text {
        /// Left end of the baseline in mm.
        mm: [f64; 2],
        /// Size of the letters in mm.
        size_mm: f64,
        /// The words.
        words: String,
    },
}

/// The rectangle of gray patch `k`: left, top, width, height.
pub fn gray_patch(k: usize) -> [f64; 4] {
    let [x, y] = GRAY_MM;
    [x + GRAY_PITCH_MM * k as f64, y, GRAY_SIZE_MM[0], GRAY_SIZE_MM[1]]
}

/// Nominal reflectance of a gray patch against bare paper: what its sRGB code stands for. What a
/// printer makes of it is another matter, and only nearly neutral.
pub fn nominal_reflectance(k: usize) -> f64 {
    crate::calibrate::color::linear_from_srgb(f64::from(GRAYS[k]) / 255.0)
}

/// The corners of marker `id`: upper left, upper right, lower right, lower left.
pub fn marker_corners(id: usize) -> [[f64; 2]; 4] {
    let [x, y] = MARKERS_MM[id];
    let s = MARKER_MM;
    [[x, y], [x + s, y], [x + s, y + s], [x, y + s]]
}

/// Everything on the card, in the order in which it is printed.
pub fn shapes() -> Vec<Shape> {
    let mut out = Vec::new();
    let mut rectangle = |mm: [f64; 4], gray: u8| out.push(Shape::Rectangle { mm, gray });
    // Where to cut: a thin gray frame on white paper.
    let [width, height] = CARD_MM;
    rectangle([0.0, 0.0, width, height], 200);
    rectangle([0.1, 0.1, width - 0.2, height - 0.2], 255);
    for (&[x, y], code) in MARKERS_MM.iter().zip(CODES) {
        rectangle([x, y, MARKER_MM, MARKER_MM], 0);
        for k in (0..SIDE * SIDE).filter(|k| code >> k & 1 == 1) {
            let (row, column) = ((k / SIDE + 1) as f64, (k % SIDE + 1) as f64);
            rectangle([x + CELL_MM * column, y + CELL_MM * row, CELL_MM, CELL_MM], 255);
        }
    }
    for (k, &gray) in GRAYS.iter().enumerate() {
        rectangle(gray_patch(k), gray);
    }
    let [left, baseline] = RULER_MM;
    rectangle([left, baseline, f64::from(RULER_LENGTH_MM), 0.15], 0);
    for mm in 0..=RULER_LENGTH_MM {
        let length = if mm % 10 == 0 { 2.2 } else { [1.1, 1.6][usize::from(mm % 5 == 0)] };
        // Ticks are centered on their millimetre; the outer ones end the line.
        let x = (left + f64::from(mm) - 0.06).clamp(left, left + f64::from(RULER_LENGTH_MM) - 0.12);
        rectangle([x, baseline - length, 0.12, length], 0);
    }
    out.extend(texts());
    out
}

fn texts() -> Vec<Shape> {
    let text = |mm: [f64; 2], size_mm: f64, words: String| Shape::Text { mm, size_mm, words };
    let mut out = vec![
        text([13.0, 14.9], 2.1, "dermetric card 1".to_owned()),
        text([13.0, 17.6], 1.7, "For research and documentation use,".to_owned()),
        text([13.0, 19.8], 1.7, "not a medical device.".to_owned()),
        text(
            [7.0, 31.0],
            1.6,
            "Print check: this line must measure 50.0 mm. If not, print at 100 %.".to_owned(),
        ),
    ];
    for k in 0..GRAYS.len() {
        let [x, y, width, height] = gray_patch(k);
        let words = format!("{:.2}", nominal_reflectance(k));
        out.push(text([x + 0.5 * width - 1.4, y + height + 1.8], 1.5, words));
    }
    for cm in 0..=RULER_LENGTH_MM / 10 {
        // A digit of Helvetica is 0.556 of its size wide.
        let words = format!("{}", 10 * cm);
        let x = RULER_MM[0] + f64::from(10 * cm) - 0.278 * 1.5 * words.len() as f64;
        out.push(text([x, RULER_MM[1] - 2.6], 1.5, words));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_have_a_cell_of_white_around_them() {
        let rectangles: Vec<[f64; 4]> = shapes()
            .into_iter()
            .filter_map(|shape| match shape {
                Shape::Rectangle { mm, gray } if gray < 255 => Some(mm),
                _ => None,
            })
            .collect();
        for [x, y] in MARKERS_MM {
            let around = [x - CELL_MM, y - CELL_MM, MARKER_MM + 2.0 * CELL_MM, MARKER_MM + 2.0 * CELL_MM];
            assert!(around[0] > 0.0 && around[0] + around[2] < CARD_MM[0] && around[1] > 0.0);
            let touches = |r: &&[f64; 4]| {
                (0..2).all(|axis| {
                    r[axis] < around[axis] + around[axis + 2] - 1e-9
                        && around[axis] < r[axis] + r[axis + 2] - 1e-9
                })
            };
            // The marker itself and the card's own outline.
            assert_eq!(rectangles.iter().filter(touches).count(), 2, "around {x}, {y}");
        }
    }

    #[test]
    fn grays_span_three_and_a_half_stops_below_paper() {
        assert!((nominal_reflectance(0) - 0.896).abs() < 1e-3);
        assert!((nominal_reflectance(5) - 0.0343).abs() < 1e-3);
        let [x, y, width, height] = gray_patch(5);
        assert!(x + width < MARKERS_MM[1][0] - CELL_MM && y + height < CARD_MM[1]);
    }
}
