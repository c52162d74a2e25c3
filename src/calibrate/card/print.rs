//! The card as a file to print: SVG or PDF, both of nothing but rectangles and Helvetica.

use std::fmt::Write;

use super::layout::{CARD_MM, Shape, shapes};

/// Units of the SVG in a millimetre: letters of a few units are set badly by some programs.
const SVG_UNITS_PER_MM: f64 = 100.0;
/// Points of PDF in a millimetre.
const POINTS_PER_MM: f64 = 72.0 / 25.4;
/// The page of the PDF, A4, and where the card lies on it: within Letter too.
const PAGE_MM: [f64; 2] = [210.0, 297.0];
const PLACE_MM: [f64; 2] = [30.0, 40.0];

/// Which kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardFormat {
    /// The card alone, its size in mm.
    Svg,
    /// The card on a page of A4.
    Pdf,
}

/// The card, ready to print at 100 %.
pub fn card_file(format: CardFormat) -> Vec<u8> {
    match format {
        CardFormat::Svg => svg(&shapes()).into_bytes(),
        CardFormat::Pdf => pdf(&shapes()).into_bytes(),
    }
}

fn svg(shapes: &[Shape]) -> String {
    let [width, height] = CARD_MM;
    let units = SVG_UNITS_PER_MM;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {} {}\" shape-rendering=\"crispEdges\" stroke=\"none\" font-family=\"Helvetica, Arial, sans-serif\">\n",
        units * width,
        units * height
    );
    for shape in shapes {
        // Writing to a string cannot fail.
        let _ = match shape {
            Shape::Rectangle { mm, gray } => {
                let [x, y, w, h] = mm.map(|v| units * v);
                writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"#{gray:02x}{gray:02x}{gray:02x}\"/>"
                )
            }
            Shape::Text { mm, size_mm, words } => {
                let [x, y] = mm.map(|v| units * v);
                let size = units * size_mm;
                writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\">{words}</text>")
            }
        };
    }
    out + "</svg>\n"
}

/// A PDF 1.4 of one page: catalog, pages, page, content, font.
fn pdf(shapes: &[Shape]) -> String {
    let mut content = String::new();
    let x_at = |x: f64| (PLACE_MM[0] + x) * POINTS_PER_MM;
    // PDF counts from the bottom.
    let y_at = |y: f64| (PAGE_MM[1] - PLACE_MM[1] - y) * POINTS_PER_MM;
    for shape in shapes {
        let _ = match shape {
            Shape::Rectangle { mm: [x, y, w, h], gray } => writeln!(
                content,
                "{:.4} g {:.3} {:.3} {:.3} {:.3} re f",
                f64::from(*gray) / 255.0,
                x_at(*x),
                y_at(y + h),
                w * POINTS_PER_MM,
                h * POINTS_PER_MM
            ),
            Shape::Text { mm: [x, y], size_mm, words } => writeln!(
                content,
                "0 g BT /F1 {:.3} Tf {:.3} {:.3} Td ({words}) Tj ET",
                size_mm * POINTS_PER_MM,
                x_at(*x),
                y_at(*y)
            ),
        };
    }
    let [width, height] = PAGE_MM.map(|mm| mm * POINTS_PER_MM);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.3} {height:.3}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{content}endstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        let _ = write!(out, "{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let table = out.len();
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        // Entries of this table are twenty bytes long: the space belongs to them.
        let _ = writeln!(out, "{place:010} 00000 n ");
    }
    let _ =
        write!(out, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_say_what_the_card_is() {
        for format in [CardFormat::Svg, CardFormat::Pdf] {
            let file = String::from_utf8(card_file(format)).unwrap();
            for words in ["research and documentation use", "not a medical device", "must measure 50.0 mm"] {
                assert!(file.contains(words), "{format:?} lacks {words}");
            }
        }
    }

    #[test]
    fn the_table_of_the_pdf_points_at_its_objects() {
        let file = String::from_utf8(card_file(CardFormat::Pdf)).unwrap();
        let table: usize =
            file.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let lines: Vec<&str> = file[table..].lines().collect();
        assert_eq!((lines[0], lines[1]), ("xref", "0 6"));
        for (i, line) in lines[3..8].iter().enumerate() {
            let place: usize = line[..10].parse().unwrap();
            assert!(file[place..].starts_with(&format!("{} 0 obj\n", i + 1)), "object {}", i + 1);
        }
        let stream = file.split(">>\nstream\n").nth(1).unwrap().split("endstream").next().unwrap();
        assert!(file.contains(&format!("/Length {} ", stream.len())));
    }

    #[test]
    fn the_ruler_is_fifty_millimetres_on_paper() {
        let file = String::from_utf8(card_file(CardFormat::Pdf)).unwrap();
        // 50 mm are 141.732 points.
        assert_eq!(file.lines().filter(|line| line.contains(" 141.732 0.425 re f")).count(), 1);
    }
}
