//! Pictures for the eye: the aligned pair, maps in color, outlines of what was counted.
//!
//! Every panel shows its planes pixel for pixel, so that the scale bar is true; after is drawn on
//! before's grid. Nothing here is measured.

mod colors;
mod inlay;
mod layout;
mod numbers;
mod outline;
mod panel;
mod range;
mod text;

use crate::geometry::Size;
use crate::raster::Raster;
use colors::{DIVERGING, SEQUENTIAL};
use layout::{ColorBar, Panel, Sheet};
use range::Range;

pub use inlay::{Inlay, Side, encoded_photo, inlaid_map, inlaid_photo, inlaid_rims};
pub use numbers::Mark;

/// One map on the before-photograph's grid, for both visits.
#[derive(Debug, Clone, Copy)]
pub struct MapPicture<'a> {
    /// File stem, e.g. `melanin`.
    pub name: &'a str,
    /// For people, e.g. `Melanin`.
    pub title: &'a str,
    /// Unit of the values; empty for pure numbers.
    pub unit: &'a str,
    /// Values before.
    pub before: &'a Raster,
    /// Values after, on before's grid.
    pub after: Option<&'a Raster>,
    /// 1 where skin is valid: drawn in color; elsewhere the photograph, dimmed.
    pub mask: &'a Raster,
}

/// Outlines of what was counted.
#[derive(Debug, Clone, Copy)]
pub struct OutlinePicture<'a> {
    /// File stem, e.g. `scars`.
    pub name: &'a str,
    /// For people, e.g. `Scars`.
    pub title: &'a str,
    /// Above one half is inside.
    pub before: &'a Raster,
    /// The same after; where it is missing, before's outlines are drawn on both photographs.
    pub after: Option<&'a Raster>,
    /// What has a number, the most important first: where there is no room, later numbers are left out.
    pub marks: &'a [Mark],
}

/// What all pictures of a report share. All planes have one size.
#[derive(Debug, Clone, Copy)]
pub struct Canvas<'a> {
    /// Linear RGB, 0 to 1, at report size.
    pub before: &'a [Raster; 3],
    /// The same, warped onto before's grid; zero where it shows nothing.
    pub after: Option<&'a [Raster; 3]>,
    /// 1 in the region.
    pub region: &'a Raster,
    /// Pixels of these planes per millimeter; `None` where the scale is unknown.
    pub px_per_mm: Option<f64>,
}

/// Which pictures of a report are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Sheets: files beside the report.
    pub sheets: bool,
    /// Those that stand within its page.
    pub page: bool,
}

impl Default for Drawn {
    fn default() -> Self {
        Self { sheets: true, page: false }
    }
}

/// A picture as a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Name of the file.
    pub name: String,
    /// The file, without metadata.
    pub bytes: Vec<u8>,
    /// What it is within the page; `None` for a sheet, which lies beside the report.
    pub inlay: Option<Inlay>,
}

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Planes of one picture differ in size.
    #[error("{plane} is {found}, not {expected} as the photograph")]
    Size {
        /// Which plane.
        plane: &'static str,
        /// Size of the before-photograph.
        expected: Size,
        /// Size of the plane.
        found: Size,
    },
    /// There are no pixels.
    #[error("a picture of no pixels ({0})")]
    Empty(Size),
    /// The encoder failed.
    #[error("the encoder of pictures failed")]
    Encode(#[from] image::ImageError),
    /// The encoder of maps failed.
    #[error("the PNG encoder failed")]
    Png(#[from] png::EncodingError),
}

/// The aligned pair side by side, or the single photograph, with the region outlined.
///
/// # Errors
/// Planes that differ in size, or the encoder.
pub fn pair(canvas: &Canvas) -> Result<Picture, PictureError> {
    canvas.check()?;
    let with_region = |rgb: &[Raster; 3]| {
        let mut image = panel::photo(rgb);
        outline::draw(&mut image, canvas.region, outline::REGION, canvas.stroke());
        image
    };
    let mut panels = vec![Panel { label: canvas.first_label(), image: with_region(canvas.before) }];
    if let Some(after) = canvas.after {
        panels.push(Panel { label: "after", image: with_region(after) });
    }
    finish("pair", &Sheet { title: String::new(), panels, bars: Vec::new(), px_per_mm: canvas.px_per_mm })
}

/// A map of each visit within the mask, and the range of both.
struct OfVisits {
    before: Raster,
    after: Option<Raster>,
    shared: Option<Range>,
}

impl OfVisits {
    fn of(canvas: &Canvas, m: &MapPicture) -> Result<Self, PictureError> {
        canvas.check()?;
        canvas.same_size("the map before", m.before)?;
        canvas.same_size("the mask", m.mask)?;
        let before = panel::masked(m.before, m.mask, canvas.before);
        let after = match m.after {
            Some(after) => {
                canvas.same_size("the map after", after)?;
                Some(panel::masked(after, m.mask, canvas.after.unwrap_or(canvas.before)))
            }
            None => None,
        };
        let both = before.data().iter().chain(after.iter().flat_map(|a| a.data()));
        let shared = Range::of(both.copied());
        Ok(Self { before, after, shared })
    }
}

/// The map before, after, and their difference. Both visits share one color scale, from the 1st
/// to the 99th percentile of both together, rounded outward; what lies beyond has the end's
/// color. The scale of the difference has its middle at zero and reaches to the 99th percentile
/// of its size, at least to a quarter of the shared scale: mere noise stays pale.
///
/// # Errors
/// Planes that differ in size, or the encoder.
pub fn map(canvas: &Canvas, m: &MapPicture) -> Result<Picture, PictureError> {
    let unit = m.unit;
    let backdrop = canvas.after.unwrap_or(canvas.before);
    let OfVisits { before, after, shared } = OfVisits::of(canvas, m)?;
    let mut bars = vec![ColorBar { cells: 0..1, ramp: SEQUENTIAL, range: shared, unit, signed: false }];
    let drawn = |map: &Raster, rgb: &[Raster; 3]| panel::map(map, rgb, SEQUENTIAL, shared);
    let mut panels = vec![Panel { label: canvas.first_label(), image: drawn(&before, canvas.before) }];
    if let Some(after) = &after {
        panels.push(Panel { label: "after", image: drawn(after, backdrop) });
        bars[0].cells = 0..2;
        let difference = panel::difference(&before, after);
        let centered = Range::around_zero(difference.data().iter().copied(), shared);
        panels.push(Panel {
            label: "after - before",
            image: panel::map(&difference, canvas.before, DIVERGING, centered),
        });
        bars.push(ColorBar { cells: 2..3, ramp: DIVERGING, range: centered, unit, signed: true });
    }
    finish(m.name, &Sheet { title: titled(m.title, unit), panels, bars, px_per_mm: canvas.px_per_mm })
}

/// The photographs with outlines around what was counted, and around the region.
///
/// # Errors
/// Planes that differ in size, or the encoder.
pub fn outlines(canvas: &Canvas, o: &OutlinePicture) -> Result<Picture, PictureError> {
    canvas.check()?;
    canvas.same_size("the outlines before", o.before)?;
    if let Some(after) = o.after {
        canvas.same_size("the outlines after", after)?;
    }
    let with_outlines = |rgb: &[Raster; 3], inside: &Raster| {
        let mut image = panel::photo(rgb);
        outline::draw(&mut image, canvas.region, outline::REGION, canvas.stroke());
        outline::draw(&mut image, inside, outline::COUNTED, canvas.stroke());
        numbers::draw(&mut image, o.before, o.marks, canvas.stroke().div_ceil(2));
        image
    };
    let mut panels =
        vec![Panel { label: canvas.first_label(), image: with_outlines(canvas.before, o.before) }];
    if let Some(after) = canvas.after {
        let inside = o.after.unwrap_or(o.before);
        panels.push(Panel { label: "after", image: with_outlines(after, inside) });
    }
    let sheet = Sheet { title: o.title.to_owned(), panels, bars: Vec::new(), px_per_mm: canvas.px_per_mm };
    finish(o.name, &sheet)
}

impl Canvas<'_> {
    fn size(&self) -> Size {
        self.before[0].size()
    }

    fn first_label(&self) -> &'static str {
        if self.after.is_some() { "before" } else { "photograph" }
    }

    /// Width of a line, in pixels.
    fn stroke(&self) -> u32 {
        layout::magnification(self.size())
    }

    fn same_size(&self, plane: &'static str, raster: &Raster) -> Result<(), PictureError> {
        let (expected, found) = (self.size(), raster.size());
        if expected == found { Ok(()) } else { Err(PictureError::Size { plane, expected, found }) }
    }

    fn check(&self) -> Result<(), PictureError> {
        if self.size().area() == 0 {
            return Err(PictureError::Empty(self.size()));
        }
        for channel in self.before {
            self.same_size("the photograph before", channel)?;
        }
        for channel in self.after.into_iter().flatten() {
            self.same_size("the photograph after", channel)?;
        }
        self.same_size("the region", self.region)
    }
}

fn titled(title: &str, unit: &str) -> String {
    if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") }
}

fn finish(name: &str, sheet: &Sheet) -> Result<Picture, PictureError> {
    use image::ImageEncoder;
    let image = sheet.draw();
    let mut png = Vec::new();
    image::codecs::png::PngEncoder::new(&mut png).write_image(
        image.as_raw(),
        image.width(),
        image.height(),
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(Picture { name: format!("{name}.png"), bytes: png, inlay: None })
}

#[cfg(test)]
mod tests;
