//! Connected regions of a mask: dark ones, flat ones.

use crate::large::with_room;
use crate::ops::components::labels_on_host;
use crate::raster::Raster;

/// A connected region.
#[derive(Debug, Clone)]
pub struct Region {
    /// Pixels.
    pub pixels: usize,
    /// First row, and of each row from there the first and the last column.
    pub top: u32,
    /// First and last column of each row.
    pub spans: Vec<(u32, u32)>,
    /// Mean place, in continuous coordinates.
    pub center: [f64; 2],
}

/// 1 where a plane is darker, by `contrast`, than its mean over squares of side 2·`radius` + 1.
pub fn dark(plane: &Raster, radius: u32, contrast: f32) -> Raster {
    let size = plane.size();
    let (width, height) = (size.width as usize, size.height as usize);
    // Sums over everything above and to the left.
    let mut sums = with_room((width + 1) * (height + 1));
    sums.resize((width + 1) * (height + 1), 0.0f64);
    for y in 0..height {
        let mut row = 0.0;
        for (x, &v) in plane.row(y as u32).iter().enumerate() {
            row += f64::from(v);
            sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
        }
    }
    let r = radius as usize;
    Raster::from_fn(size, |x, y| {
        let (x0, x1) = ((x as usize).saturating_sub(r), (x as usize + r + 1).min(width));
        let (y0, y1) = ((y as usize).saturating_sub(r), (y as usize + r + 1).min(height));
        let at = |x: usize, y: usize| sums[y * (width + 1) + x];
        let sum = at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
        let mean = sum / ((x1 - x0) * (y1 - y0)) as f64;
        f32::from(f64::from(plane.at(x, y)) < mean - f64::from(contrast))
    })
}

/// 1 where no plane changes by more than `step` from one neighbor to the opposite one.
pub fn flat(planes: &[Raster; 3], step: f32) -> Raster {
    let size = planes[0].size();
    let (last_x, last_y) = (size.width - 1, size.height - 1);
    Raster::from_fn(size, |x, y| {
        let even = planes.iter().all(|p| {
            let dx = p.at((x + 1).min(last_x), y) - p.at(x.saturating_sub(1), y);
            let dy = p.at(x, (y + 1).min(last_y)) - p.at(x, y.saturating_sub(1));
            dx.abs() <= step && dy.abs() <= step
        });
        f32::from(even)
    })
}

/// Regions of a mask, joined at edges, whose bounding boxes have sides between the limits, from top
/// to bottom. Those that touch the border of the picture are left out: they may go on beyond it.
pub fn regions(mask: &Raster, sides: std::ops::RangeInclusive<u32>) -> Vec<Region> {
    let size = mask.size();
    let (labels, count) = labels_on_host(mask);
    // Left, top, right, bottom; the first is of what is outside.
    let mut boxes = vec![[u32::MAX, u32::MAX, 0, 0]; count as usize + 1];
    for y in 0..size.height {
        for (x, &label) in labels.row(y).iter().enumerate() {
            let b = &mut boxes[label as usize];
            *b = [b[0].min(x as u32), b[1].min(y), b[2].max(x as u32), b[3].max(y)];
        }
    }
    let mut place = vec![usize::MAX; boxes.len()];
    let mut out: Vec<Region> = Vec::new();
    for (label, [left, top, right, bottom]) in boxes.into_iter().enumerate().skip(1) {
        let fits =
            left <= right && sides.contains(&(right - left + 1)) && sides.contains(&(bottom - top + 1));
        if fits && left > 0 && top > 0 && right + 1 < size.width && bottom + 1 < size.height {
            place[label] = out.len();
            let spans = vec![(u32::MAX, 0); (bottom - top + 1) as usize];
            out.push(Region { pixels: 0, top, spans, center: [0.0; 2] });
        }
    }
    for y in 0..size.height {
        for (x, &label) in labels.row(y).iter().enumerate() {
            let Some(region) = out.get_mut(place[label as usize]) else { continue };
            let span = &mut region.spans[(y - region.top) as usize];
            *span = (span.0.min(x as u32), span.1.max(x as u32));
            region.pixels += 1;
            region.center[0] += x as f64 + 0.5;
            region.center[1] += f64::from(y) + 0.5;
        }
    }
    for region in &mut out {
        region.center = region.center.map(|sum| sum / region.pixels as f64);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn a_dark_square_under_falling_light_is_one_region() {
        let plane = Raster::from_fn(Size::new(80, 60), |x, y| {
            let light = 0.4 + 0.006 * x as f32;
            if (20..40).contains(&x) && (15..40).contains(&y) { 0.3 * light } else { light }
        });
        let found = regions(&dark(&plane, 20, 0.05), 10..=60);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pixels, found[0].top, found[0].spans[3]), (500, 15, (20, 39)));
        assert_eq!(found[0].center, [30.0, 27.5]);
    }

    #[test]
    fn what_touches_the_border_is_left_out() {
        let mask = Raster::from_fn(Size::new(30, 30), |x, y| f32::from(x < 12 && y < 12));
        assert!(regions(&mask, 5..=20).is_empty());
    }

    #[test]
    fn edges_part_flat_regions() {
        let plane = Raster::from_fn(Size::new(40, 20), |x, _| if x < 20 { 0.2 } else { 0.5 });
        let planes = [plane.clone(), plane.clone(), plane];
        assert_eq!(flat(&planes, 0.02).row(5).iter().filter(|&&v| v == 0.0).count(), 2);
    }
}
