//! Pictures of a report, all on the first photograph's grid.

use super::error::AnalyzeError;
use super::grid::{Prepared, Set};
use super::veil::{Veil, Veiled};
use super::visit::Visits;
use crate::align::SkinMap;
use crate::engine::{Engine, Plane};
use crate::geometry::Size;
use crate::measure::{Layer, LayerKind, shrink, shrink_to};
use crate::raster::Raster;
use crate::report::pictures::{
    Canvas, MapPicture, Mark, OutlinePicture, Picture, Side, inlaid_map, inlaid_photo, inlaid_rims, map,
    outlines, pair,
};
use crate::report::{Lesion, LesionKind};

/// Longest side of the photographs of the page, in pixels.
const PAGE_SIDE: u32 = 1600;
/// Maps that the page lays over the photographs.
const PAGE_MAPS: [&str; 4] = ["relief", "melanin", "hemoglobin", "lines"];
/// Outlines that it draws, in colors apart to color-blind eyes too.
const PAGE_RIMS: [(&str, [u8; 3]); 5] = [
    ("scars", [0, 229, 255]),
    ("spots", [255, 176, 0]),
    ("rough_red", [255, 130, 255]),
    ("wrinkles", [255, 255, 255]),
    ("pores", [190, 220, 255]),
];
/// The region's own.
const REGION_RIM: [u8; 3] = [255, 255, 255];

/// One layer of the first photograph, and of the one after on the same grid.
struct Pair<'a> {
    layer: &'a Layer,
    after: Option<Raster>,
}

/// Draws what the measures left as layers.
pub(super) fn draw(
    engine: &Engine,
    set: &Set<'_>,
    visits: &Visits,
    lesions: &[Lesion],
    veils: &[Veil],
) -> Result<Vec<Picture>, AnalyzeError> {
    let first = &set.photos[0];
    let region = shrink(engine, &first.frame.mask)?.map(|v| f32::from(v > 0.5));
    let small_per_px = f64::from(region.size().width) / f64::from(first.frame.size().width);
    let onto = set.after().map(|photo| (photo, Onto::first(region.size(), first, photo)));
    let veiled = veiled(set, veils, &region);
    let before = hidden(veiled.as_ref(), small_rgb(engine, first)?);
    let after = match &onto {
        Some((photo, onto)) => {
            let laid = small_rgb(engine, photo)?.map(|plane| onto.first_grid(&plane));
            Some(hidden(veiled.as_ref(), laid))
        }
        None => None,
    };
    let mut shown = region.clone();
    if let Some(veiled) = &veiled {
        // No map and no outline shows an eye, whatever the region.
        for (shown, hidden) in shown.data_mut().iter_mut().zip(veiled.weights.data()) {
            *shown *= f32::from(*hidden == 0.0);
        }
    }
    let px_per_mm = first.frame.scale.px_per_mm * shrink_factor(small_per_px);
    let canvas = Canvas {
        before: &before,
        after: after.as_ref(),
        region: &shown,
        px_per_mm: first.frame.scale.known.then_some(px_per_mm),
    };
    let small_per_photo_px = set.scale.factors[0] * shrink_factor(small_per_px);
    let mut layers = Vec::new();
    for (i, readings) in visits.visits[0].readings.iter().enumerate() {
        for (k, layer) in readings.layers.iter().enumerate() {
            let after = onto.as_ref().and_then(|(_, onto)| {
                let layer = visits.visits.get(set.before_count)?.readings[i].layers.get(k)?;
                Some(onto.first_grid(&layer.raster))
            });
            layers.push(Pair { layer, after });
        }
    }
    let mut pictures = Vec::new();
    if set.drawn.sheets {
        pictures.push(pair(&canvas)?);
        for Pair { layer, after } in &layers {
            let marks = marks(layer, lesions, small_per_photo_px);
            pictures.push(draw_layer(&canvas, layer, after.as_ref(), &marks)?);
        }
    }
    if set.drawn.page {
        pictures.extend(page_photos(engine, set, veils)?);
        pictures.extend(page_layers(&canvas, &layers, small_per_photo_px)?);
    }
    Ok(pictures)
}

/// The photographs of the page, larger than those of sheets.
fn page_photos(engine: &Engine, set: &Set<'_>, veils: &[Veil]) -> Result<Vec<Picture>, AnalyzeError> {
    let first = &set.photos[0];
    let at_side = |photo: &Prepared<'_>| -> Result<[Raster; 3], AnalyzeError> {
        let [r, g, b] = &photo.frame.rgb;
        let small = |plane: &Plane| shrink_to(engine, plane, PAGE_SIDE);
        Ok([small(r)?, small(g)?, small(b)?])
    };
    let before = at_side(first)?;
    let size = before[0].size();
    let shown_per_px = shrink_factor(f64::from(size.width) / f64::from(first.frame.size().width));
    let extent = extent(size, set.scale.factors[0] * shown_per_px);
    let region = match veils {
        [] => None,
        _ => Some(shrink_to(engine, &first.frame.mask, PAGE_SIDE)?.map(|v| f32::from(v > 0.5))),
    };
    let veiled = region.and_then(|region| veiled(set, veils, &region));
    let mut pictures = vec![inlaid_photo(&hidden(veiled.as_ref(), before), Side::Before, extent)?];
    if let Some(photo) = set.after() {
        let onto = Onto::first(size, first, photo);
        let after = at_side(photo)?.map(|plane| onto.first_grid(&plane));
        pictures.push(inlaid_photo(&hidden(veiled.as_ref(), after), Side::After, extent)?);
    }
    Ok(pictures)
}

/// Planes of a picture with what must be hidden hidden.
fn hidden(veiled: Option<&Veiled>, planes: [Raster; 3]) -> [Raster; 3] {
    match veiled {
        Some(veiled) => planes.map(|plane| veiled.over(&plane)),
        None => planes,
    }
}

/// What is hidden on pictures of the region's size, on the first photograph's grid: the eyes of both photographs on both, and all
/// but the region where neither shows a face and one has background. `None` where nothing is.
fn veiled(set: &Set<'_>, veils: &[Veil], region: &Raster) -> Option<Veiled> {
    let (size, first) = (region.size(), &set.photos[0]);
    let shrunk = shrink_factor(f64::from(size.width) / f64::from(first.frame.size().width));
    let mut veiled = veils.first()?.on(size, set.scale.factors[0] * shrunk);
    if let (Some(photo), Some(veil)) = (set.after(), veils.get(1)) {
        // As large as the picture of that photograph, before it is laid onto the first.
        let own = photo.frame.size();
        let own = Size::new((shrunk * f64::from(own.width)) as u32, (shrunk * f64::from(own.height)) as u32);
        let of_after = veil.on(own, set.scale.factors[set.before_count] * shrunk);
        veiled.and(&Onto::first(size, first, photo).first_grid(&of_after.weights), of_after.cell);
    }
    if !veils.iter().any(Veil::knows_eyes) {
        if veils.iter().any(Veil::hides_all_but_skin) {
            veiled.and_beyond(region);
        }
        if veils.iter().any(Veil::is_doubtful) {
            veiled.and_around(region);
        }
    }
    Some(veiled)
}

/// Maps and rims of the page.
fn page_layers(
    canvas: &Canvas<'_>,
    layers: &[Pair<'_>],
    small_per_photo_px: f64,
) -> Result<Vec<Picture>, AnalyzeError> {
    let extent = extent(canvas.region.size(), small_per_photo_px);
    let mut pictures = vec![inlaid_rims("region", canvas.region, Side::Both, extent, REGION_RIM)?];
    for Pair { layer, after } in layers {
        let rims = PAGE_RIMS.iter().find(|(name, _)| *name == layer.name);
        if let (LayerKind::Outline, Some((name, color))) = (layer.kind, rims) {
            pictures.push(inlaid_rims(name, &layer.raster, Side::Before, extent, *color)?);
            if let Some(after) = after {
                pictures.push(inlaid_rims(name, after, Side::After, extent, *color)?);
            }
        }
        if layer.kind == LayerKind::Map && PAGE_MAPS.contains(&layer.name) {
            let m = map_of(canvas, layer, layer.name, after.as_ref());
            pictures.extend(inlaid_map(canvas, &m, extent)?);
        }
    }
    Ok(pictures)
}

/// How much of the photograph a picture covers, in the photograph's pixels.
fn extent(size: Size, shown_per_photo_px: f64) -> [f64; 2] {
    [size.width, size.height].map(|side| f64::from(side) / shown_per_photo_px)
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
        LayerKind::Map => map(canvas, &map_of(canvas, layer, &title, after))?,
        LayerKind::Outline => outlines(
            canvas,
            &OutlinePicture { name: layer.name, title: &title, before: &layer.raster, after, marks },
        )?,
    })
}

fn map_of<'a>(
    canvas: &Canvas<'a>,
    layer: &'a Layer,
    title: &'a str,
    after: Option<&'a Raster>,
) -> MapPicture<'a> {
    MapPicture {
        name: layer.name,
        title,
        unit: layer.unit,
        before: &layer.raster,
        after,
        mask: canvas.region,
    }
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
    size: Size,
    this_width: u32,
}

impl Onto {
    /// Onto a plane of `size` that the first photograph was reduced to.
    fn first(size: Size, first: &Prepared<'_>, photo: &Prepared<'_>) -> Self {
        let ratio = f64::from(size.width) / f64::from(first.frame.size().width);
        Self {
            this_from_first: photo.facts.this_from_first.rescaled(shrink_factor(ratio), 1.0),
            size,
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
