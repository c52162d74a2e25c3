//! Letters of a fixed bitmap font, magnified by whole factors.

use std::convert::Infallible;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::iso_8859_1::{FONT_7X13_BOLD, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};
use embedded_graphics::{Drawable, Pixel};
use image::{Rgb, RgbImage};

use super::colors::INK;
use super::outline::EDGE;

/// Width of a letter.
const LETTER_WIDTH: u32 = 10;
/// Height of a line.
pub(super) const LINE_HEIGHT: u32 = 20;

/// Width of a text in pixels.
pub(super) fn width(text: &str, magnification: u32) -> u32 {
    magnification * LETTER_WIDTH * text.chars().count() as u32
}

/// Writes `text` with its upper left corner at column `x`, row `y`; what passes the edge is cut.
pub(super) fn write(image: &mut RgbImage, x: i64, y: i64, magnification: u32, text: &str) {
    // The font is Latin-1: the minus sign is not in it.
    let text = text.replace('\u{2212}', "-");
    letters(Letters { image, x, y, magnification: i64::from(magnification), color: INK }, &text, &FONT_10X20);
}

/// Width and height of a small text in pixels, with its edge.
pub(super) fn small_size(text: &str, magnification: u32) -> (u32, u32) {
    let letter = FONT_7X13_BOLD.character_size;
    let letters = text.chars().count() as u32;
    (magnification * (letters * letter.width + 2), magnification * (letter.height + 2))
}

/// Writes a small text with a dark edge, legible on skin of any tone.
pub(super) fn write_small(
    image: &mut RgbImage,
    x: i64,
    y: i64,
    magnification: u32,
    text: &str,
    color: Rgb<u8>,
) {
    let m = i64::from(magnification);
    for (dx, dy) in (0..3).flat_map(|dy| (0..3).map(move |dx| (dx, dy))) {
        let edge =
            Letters { image: &mut *image, x: x + m * dx, y: y + m * dy, magnification: m, color: EDGE };
        letters(edge, text, &FONT_7X13_BOLD);
    }
    letters(Letters { image, x: x + m, y: y + m, magnification: m, color }, text, &FONT_7X13_BOLD);
}

fn letters(mut letters: Letters<'_>, text: &str, font: &MonoFont<'_>) {
    let style = MonoTextStyle::new(font, BinaryColor::On);
    match Text::with_baseline(text, Point::zero(), style, Baseline::Top).draw(&mut letters) {
        Ok(_) => {}
        Err(never) => match never {},
    }
}

struct Letters<'a> {
    image: &'a mut RgbImage,
    x: i64,
    y: i64,
    magnification: i64,
    color: Rgb<u8>,
}

impl OriginDimensions for Letters<'_> {
    fn size(&self) -> Size {
        Size::new(self.image.width(), self.image.height())
    }
}

impl DrawTarget for Letters<'_> {
    type Color = BinaryColor;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            if color == BinaryColor::Off {
                continue;
            }
            let m = self.magnification;
            let (left, top) = (self.x + m * i64::from(point.x), self.y + m * i64::from(point.y));
            for (dx, dy) in (0..m).flat_map(|dy| (0..m).map(move |dx| (dx, dy))) {
                let place = (u32::try_from(left + dx), u32::try_from(top + dy));
                if let (Ok(x), Ok(y)) = place
                    && let Some(pixel) = self.image.get_pixel_mut_checked(x, y)
                {
                    *pixel = self.color;
                }
            }
        }
        Ok(())
    }
}
