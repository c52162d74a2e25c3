//! Pictures of a report, all on the first photograph's grid.

use super::error::AnalyzeError;
use super::grid::{Prepared, Set};
use super::visit::Visits;
use crate::align::SkinMap;
use crate::engine::Engine;
use crate::measure::{Layer, LayerKind, shrink};
use crate::raster::Raster;
use crate::report::pictures::{Canvas, MapPicture, Mark, OutlinePicture, Picture, map, outlines, pair};
use crate::report::{Lesion, LesionKind};

/// Draws what the measures left as layers.
pub(super) fn draw(
    engine: &Engine,
    set: &Set<'_>,
    visits: &Visits,
    lesions: &[Lesion],
) -> Result<Vec<Picture>, AnalyzeError> {
    let first = &set.photos[0];
    let region = shrink(engine, &first.frame.mask)?.map(|v| f32::from(v > 0.5));
    let before = small_rgb(engine, first)?;
    let small_per_px = f64::from(region.size().width) / f64::from(first.frame.size().width);
    let after = match set.after() {
        Some(photo) => {
            let onto = Onto::first(&region, first, photo);
            let rgb = small_rgb(engine, photo)?;
            let rgb = rgb.map(|plane| onto.first_grid(&plane));
            Some((onto, rgb))
        }
        None => None,
    };
    let px_per_mm = first.frame.scale.px_per_mm * shrink_factor(small_per_px);
    let canvas = Canvas {
        before: &before,
        after: after.as_ref().map(|(_, rgb)| rgb),
        region: &region,
        px_per_mm: first.frame.scale.known.then_some(px_per_mm),
    };
    let small_per_photo_px = set.scale.factors[0] * shrink_factor(small_per_px);
    let mut pictures = vec![pair(&canvas)?];
    for (i, readings) in visits.visits[0].readings.iter().enumerate() {
        for (k, layer) in readings.layers.iter().enumerate() {
            let other = after.as_ref().and_then(|(onto, _)| {
                let layer = visits.visits.get(set.before_count)?.readings[i].layers.get(k)?;
                Some(onto.first_grid(&layer.raster))
            });
            let marks = marks(layer, lesions, small_per_photo_px);
            pictures.push(draw_layer(&canvas, layer, other.as_ref(), &marks)?);
        }
    }
    Ok(pictures)
}

/// The numbers of what a layer outlines, as in the report; what appeared stands last there, but is looked for
/// first.
fn marks(layer: &Layer, lesions: &[Lesion], small_per_photo_px: f64) -> Vec<Mark> {
    let kind = match layer.name {
        "scars" => LesionKind::Scar,
        "spots" => LesionKind::Spot,
        "rough_red" => LesionKind::RoughRed,
        _ => return Vec::new(),
    };
    let mut shown: Vec<&Lesion> = lesions.iter().filter(|lesion| lesion.kind == kind).collect();
    shown.sort_by_key(|lesion| !lesion.appeared);
    let mark = |lesion: &Lesion| {
        let [x, y] = lesion.center_px?.map(|v| v * small_per_photo_px);
        let radius = 0.5 * lesion.diameter_px? * small_per_photo_px;
        Some(Mark { number: lesion.id, center: (x, y), radius })
    };
    shown.into_iter().filter_map(mark).collect()
}

fn draw_layer(
    canvas: &Canvas<'_>,
    layer: &Layer,
    after: Option<&Raster>,
    marks: &[Mark],
) -> Result<Picture, AnalyzeError> {
    let title = (layer.name[..1].to_uppercase() + &layer.name[1..]).replace("_", " ");
    Ok(match layer.kind {
        LayerKind::Map => map(
            canvas,
            &MapPicture {
                name: layer.name,
                title: &title,
                unit: layer.unit,
                before: &layer.raster,
                after,
                mask: canvas.region,
            },
        )?,
        LayerKind::Outline => outlines(
            canvas,
            &OutlinePicture { name: layer.name, title: &title, before: &layer.raster, after, marks },
        )?,
    })
}

fn small_rgb(engine: &Engine, photo: &Prepared<'_>) -> Result<[Raster; 3], AnalyzeError> {
    let [r, g, b] = &photo.frame.rgb;
    Ok([shrink(engine, r)?, shrink(engine, g)?, shrink(engine, b)?])
}

/// Planes are reduced by a whole number, and lose the rest of a cell at the border.
fn shrink_factor(ratio: f64) -> f64 {
    1.0 / (1.0 / ratio).floor()
}

/// From a reduced plane of a later photograph onto the first's reduced grid, for the eye.
#[derive(Debug, Clone)]
struct Onto {
    this_from_first: SkinMap,
    size: crate::geometry::Size,
    this_width: u32,
}

impl Onto {
    fn first(region: &Raster, first: &Prepared<'_>, photo: &Prepared<'_>) -> Self {
        let ratio = f64::from(region.size().width) / f64::from(first.frame.size().width);
        Self {
            this_from_first: photo.facts.this_from_first.rescaled(shrink_factor(ratio), 1.0),
            size: region.size(),
            this_width: photo.frame.size().width,
        }
    }

    fn first_grid(&self, plane: &Raster) -> Raster {
        let shrunk = shrink_factor(f64::from(plane.size().width) / f64::from(self.this_width));
        let (width, height) = (f64::from(plane.size().width), f64::from(plane.size().height));
        Raster::from_fn(self.size, |x, y| {
            let (u, v) = self.this_from_first.apply(f64::from(x) + 0.5, f64::from(y) + 0.5);
            let (u, v) = (shrunk * u, shrunk * v);
            let inside = (0.0..width).contains(&u) && (0.0..height).contains(&v);
            if inside { plane.sample(u, v) } else { 0.0 }
        })
    }
}
