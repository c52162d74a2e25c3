//! Laxity, as far as two photographs show it: how the skin stretched in the plane of the picture against
//! the untreated skin beside it.

use nalgebra::Matrix2;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use crate::engine::{EngineError, Plane};
use crate::ops::sums::moments;
use crate::ops::warp::{Lattice, warp_linear};
use crate::raster::Raster;

/// No skin of a pair that was accepted changes its area by more.
const MOST_CHANGE: f32 = 1.0;
/// Spacing of the lattice that brings a field onto the grid, in pixels.
const LATTICE_PX: u32 = 64;

/// How the skin of one photograph is stretched against that of the first, on nodes `spacing_px` apart, the
/// first at (0, 0) of this photograph's grid.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Distance of the nodes, in pixels of the working grid.
    pub spacing_px: f64,
    /// Change of area, as a share: what the untreated skin does is taken out.
    pub areal: Raster,
    /// Green's strain ½(JᵀJ − I): along x, along y, and between them.
    pub strain: [Raster; 3],
}

/// Laxity.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "laxity",
    label: "Laxity",
    min_px_per_mm: 3.0,
    needs: Needs { pose: true, repeats: true, ..Needs::NOTHING },
    metrics: &[
        MetricDef::new(
            "areal_change_percent",
            "Apparent in-plane change of area",
            "%",
            Better::Lower,
            "100·(det J ÷ det J of the untreated reference region − 1), J the gradient of the map from the first \
             photograph to this one by planes fitted with σ = 2.5 mm; mean over the region. Below 0 the skin \
             takes less room: tighter, or seen from the side. A turn of the head by 1° changes it by 0.65 to \
             1.8 %, so it needs a pose within 2° and repeats; expression and gravity are not told apart from it. \
             Near the rim of what changed it is smoothed away: it comes out 2 to 11 % of itself too small.",
        )
        .raw(),
        MetricDef::new(
            "principal_change_percent",
            "Apparent in-plane change of length",
            "%",
            Better::Neither,
            "100·(√(1 + 2e) − 1), e the larger by size of the two principal values of the region's mean strain \
             ½(JᵀJ − I), on the same skin and under the same limits: the change along the direction in which the \
             skin changed most.",
        )
        .raw(),
    ],
    read,
    revisit: None,
};

fn read(frame: &Frame<'_>, _baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let stretch = match &frame.stretch {
        Ok(stretch) => stretch,
        Err(reason) => {
            let metrics = vec![Reading::missing(reason.clone()); DEFINITION.metrics.len()];
            return Ok(Readings { metrics, ..Readings::default() });
        }
    };
    let areal = on_grid(frame, stretch, &stretch.areal)?;
    let blocks = frame.block_means(&areal, &frame.mask, Link::Mean { factor: 100.0 }, MOST_CHANGE)?;
    let mut mean = [0.0; 3];
    for (mean, field) in mean.iter_mut().zip(&stretch.strain) {
        *mean = moments(frame.engine, &on_grid(frame, stretch, field)?, &frame.mask, 0.0)?.mean();
    }
    let layers = frame.layer("areal_change", LayerKind::Map, "", &areal)?;
    Ok(Readings {
        metrics: vec![Reading::of_blocks(blocks), Reading::of(100.0 * principal_change(mean))],
        layers: layers.into_iter().collect(),
        ..Readings::default()
    })
}

fn on_grid(frame: &Frame<'_>, stretch: &Stretch, field: &Raster) -> Result<Plane, EngineError> {
    // Nodes are the centers of the field's pixels.
    let place = |x: f64, y: f64| (x / stretch.spacing_px + 0.5, y / stretch.spacing_px + 0.5);
    let lattice = Lattice::from_fn(frame.size(), LATTICE_PX, place);
    warp_linear(frame.engine, &frame.engine.upload_raster(field)?, frame.size(), &lattice)
}

/// Change of length along the principal direction that changed most.
fn principal_change([xx, yy, xy]: [f64; 3]) -> f64 {
    let values = Matrix2::new(xx, xy, xy, yy).symmetric_eigenvalues();
    let most = if values[0].abs() > values[1].abs() { values[0] } else { values[1] };
    (1.0 + 2.0 * most).sqrt() - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;
    use crate::reason::Reason;

    #[test]
    fn without_a_second_photograph_nothing_is_told() {
        let frame = skin(Size::new(200, 150), 10.0, |_, _| [0.0; 3]);
        for reading in read(&frame, None).unwrap().metrics {
            assert_eq!(reading.value.unwrap_err().code, "needs_two_photographs");
        }
    }

    #[test]
    fn the_mean_of_the_field_is_told_and_the_larger_principal_change() {
        let mut frame = skin(Size::new(200, 150), 10.0, |_, _| [0.0; 3]);
        let lattice = Size::new(12, 9);
        // From −2 % at the left end to −4 % at the right: −3 % in the middle of the picture.
        let areal = Raster::from_fn(lattice, |x, _| -0.02 - 0.02 * x as f32 / 10.0);
        // Strains of a stretch by −3 % along 30° and +1 % across.
        let (sin, cos) = 30f64.to_radians().sin_cos();
        let green = |change: f64| 0.5 * ((1.0 + change).powi(2) - 1.0);
        let (along, across) = (green(-0.03), green(0.01));
        let xx = along * cos * cos + across * sin * sin;
        let yy = along * sin * sin + across * cos * cos;
        let xy = (along - across) * sin * cos;
        let strain = [xx, yy, xy].map(|v| Raster::filled(lattice, v as f32));
        frame.stretch = Ok(Stretch { spacing_px: 20.0, areal, strain });
        let found: Vec<f64> =
            read(&frame, None).unwrap().metrics.iter().map(|r| r.number().unwrap()).collect();
        assert!((found[0] + 3.0).abs() < 1e-3 && (found[1] + 3.0).abs() < 1e-4, "{found:?}");
        frame.stretch = Err(Reason::new("no_reference", "a test"));
        assert!(read(&frame, None).unwrap().metrics.iter().all(|r| r.value.is_err()));
    }
}
