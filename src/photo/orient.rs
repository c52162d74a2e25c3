//! The eight EXIF orientations (CIPA DC-008 §4.6.4, tag 0x0112).

use crate::geometry::Size;

/// Walks a stored picture in the order of the upright one: the stored index of upright column x,
/// row y is start + x·step_x + y·step_y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walk {
    /// Size of the upright picture.
    pub upright: Size,
    start: isize,
    step_x: isize,
    step_y: isize,
}

impl Walk {
    /// The walk for EXIF orientation `code` (1–8) over a picture of `stored` size.
    pub(crate) fn new(code: u8, stored: Size) -> Self {
        let (w, h) = (stored.width as isize, stored.height as isize);
        let last = w * h - 1;
        // The comments say where row 0 and column 0 of the stored picture lie.
        let (start, step_x, step_y) = match code {
            2 => (w - 1, -1, w),       // top, right
            3 => (last, -1, -w),       // bottom, right
            4 => (w * (h - 1), 1, -w), // bottom, left
            5 => (0, w, 1),            // left, top
            6 => (w * (h - 1), -w, 1), // right, top
            7 => (last, -w, -1),       // right, bottom
            8 => (w - 1, w, -1),       // left, bottom
            _ => (0, 1, w),            // top, left
        };
        let turned = (5..=8).contains(&code);
        let upright = if turned { Size::new(stored.height, stored.width) } else { stored };
        Self { upright, start, step_x, step_y }
    }

    /// Stored index of upright column `x`, row `y`.
    #[inline]
    pub(crate) fn stored_index(&self, x: usize, y: usize) -> usize {
        (self.start + x as isize * self.step_x + y as isize * self.step_y) as usize
    }

    /// Whether stored rows become upright columns.
    pub(crate) fn is_turned(&self) -> bool {
        self.step_y.abs() == 1 && self.step_x.abs() != 1
    }

    /// Whether the stored picture is upright already.
    pub(crate) fn is_identity(&self) -> bool {
        (self.start, self.step_x) == (0, 1)
    }
}
