//! Height and pigment of a scene at any point, in closed form.

use super::grid::Buckets;
use super::lesion::Piece;
use super::noise::{Lattice, octaves};
use super::random::{Purpose, stream};
use super::scene::Scene;
use rand::RngExt;

/// Skin at one point.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Skin {
    /// Height above the mean plane, µm.
    pub height_um: f32,
    /// Melanin, OD along melanin's unit direction, spots included.
    pub melanin_od: f32,
    /// Melanin of the spots alone, OD.
    pub spots_od: f32,
    /// Hemoglobin, OD along hemoglobin's unit direction.
    pub hemoglobin_od: f32,
    /// Fraction covered by hair, 0–1.
    pub hair: f32,
}

/// Furrow networks: cell size in mm, furrow depth in µm, furrow half width in mm. Sizes are those
/// of primary and secondary skin lines (0.2–1 mm apart, tens of µm deep); the exact numbers were
/// chosen so that the contrast of renders lies in the range of clinical close-ups.
const FURROWS: [(f64, f32, f64); 2] = [(0.95, 30.0, 0.11), (0.45, 12.0, 0.06)];
/// Cells are this much longer along the lines than across.
const FURROW_STRETCH: f64 = 1.35;
/// Waves and grain between and over the furrows: wavelength in mm, standard deviation in µm.
const RELIEF_BANDS: [(f64, f32); 6] =
    [(9.0, 30.0), (4.0, 14.0), (2.0, 11.0), (1.0, 7.0), (0.5, 3.5), (0.22, 1.5)];
/// Uneven melanin: wavelength in mm, standard deviation in OD.
const MELANIN_BANDS: [(f64, f32); 4] = [(14.0, 0.030), (5.0, 0.022), (1.8, 0.030), (0.7, 0.022)];
/// Uneven blood: wavelength in mm, standard deviation in OD.
const HEMOGLOBIN_BANDS: [(f64, f32); 4] = [(11.0, 0.035), (4.0, 0.025), (1.6, 0.038), (0.7, 0.028)];

/// Shape of the body below the skin: wavelength in mm, standard deviation in µm. Their slopes are alike, 0.2 together.
const SHAPE_BANDS: [(f64, f32); 3] = [(36.0, 680.0), (21.0, 400.0), (12.0, 230.0)];

/// A scene indexed for evaluation at millions of points.
#[derive(Debug)]
pub struct Fields<'a> {
    scene: &'a Scene,
    lattices: [Lattice; 6],
    shape: Lattice,
    direction: [f64; 2],
    scars: Buckets,
    spots: Buckets,
    erythema: Buckets,
    pores: Buckets,
    wrinkles: (Vec<Piece>, Buckets),
    hairs: (Vec<Piece>, Buckets),
}

impl<'a> Fields<'a> {
    /// Indexes a scene.
    pub fn new(scene: &'a Scene) -> Self {
        const CELL_MM: f64 = 1.0;
        let mut rng = stream(scene.seed, Purpose::Lattices);
        let lattices = [0; 6].map(|_| Lattice(rng.random()));
        let angle = rng.random::<f64>() * std::f64::consts::TAU;
        // Drawn last, so that skin without shape is as it was.
        let shape = Lattice(rng.random());
        let pieces = |lines: &[super::lesion::Line], reach: fn(f64) -> f64| {
            let pieces: Vec<Piece> = lines.iter().flat_map(|l| l.pieces(reach(l.width_mm))).collect();
            let buckets = Buckets::new(CELL_MM, pieces.iter().map(Piece::bounds));
            (pieces, buckets)
        };
        Self {
            scene,
            lattices,
            shape,
            direction: [angle.cos(), angle.sin()],
            scars: Buckets::new(CELL_MM, scene.scars.iter().map(|s| s.bounds())),
            spots: Buckets::new(CELL_MM, scene.spots.iter().map(|s| s.bounds())),
            erythema: Buckets::new(CELL_MM, scene.erythema.iter().map(|s| s.bounds())),
            pores: Buckets::new(CELL_MM, scene.pores.iter().map(|p| p.bounds())),
            // The groove's Gaussian is below a millionth at 2.3 widths.
            wrinkles: pieces(&scene.wrinkles, |width| 2.3 * width),
            // Half the width and half of the coarsest pixel.
            hairs: pieces(&scene.hairs, |width| width + 0.5),
        }
    }

    /// The skin at a point (mm), as seen through a pixel `pitch_mm` wide: structure too fine for
    /// the pixel is left out.
    pub fn at(&self, x_mm: f64, y_mm: f64, pitch_mm: f64) -> Skin {
        let (x, y) = (x_mm, y_mm);
        let scene = self.scene;
        let mut height_um =
            if scene.relief > 0.0 { scene.relief as f32 * self.micro_relief_um(x, y, pitch_mm) } else { 0.0 };
        if scene.shape > 0.0 {
            height_um += scene.shape as f32 * octaves(self.shape, &SHAPE_BANDS, x, y, pitch_mm);
        }
        for &k in self.scars.near(x, y) {
            height_um += scene.scars[k as usize].height_um(x, y);
        }
        for &k in self.pores.near(x, y) {
            height_um += scene.pores[k as usize].height_um(x, y);
        }
        // Where pieces of lines meet or cross, the deeper one counts.
        let (pieces, buckets) = &self.wrinkles;
        height_um +=
            buckets.near(x, y).iter().map(|&k| pieces[k as usize].groove_um(x, y)).fold(0.0, f32::min);
        let (pieces, buckets) = &self.hairs;
        let hair = buckets
            .near(x, y)
            .iter()
            .map(|&k| pieces[k as usize].coverage(x, y, pitch_mm))
            .fold(0.0, f32::max);

        let sum = |buckets: &Buckets, spots: &[super::lesion::Spot]| -> f32 {
            buckets.near(x, y).iter().map(|&k| spots[k as usize].increment_od(x, y)).sum()
        };
        let spots_od = sum(&self.spots, &scene.spots);
        let mut melanin_od = scene.melanin_od as f32 + spots_od;
        let mut hemoglobin_od = scene.hemoglobin_od as f32 + sum(&self.erythema, &scene.erythema);
        if scene.mottle > 0.0 {
            let mottle = scene.mottle as f32;
            melanin_od += mottle * octaves(self.lattices[3], &MELANIN_BANDS, x, y, pitch_mm);
            hemoglobin_od += mottle * octaves(self.lattices[4], &HEMOGLOBIN_BANDS, x, y, pitch_mm);
        }
        Skin {
            height_um,
            melanin_od: melanin_od.max(0.0),
            spots_od,
            hemoglobin_od: hemoglobin_od.max(0.0),
            hair,
        }
    }

    /// Furrows between plateaus, and waves; µm, about zero.
    fn micro_relief_um(&self, x: f64, y: f64, pitch_mm: f64) -> f32 {
        let [grain, primary, secondary, ..] = self.lattices;
        // Bend the network: straight rows of cells do not grow on skin.
        let warp = self.lattices[5];
        let wx = x + 0.25 * f64::from(warp.noise(x / 3.0, y / 3.0));
        let wy = y + 0.25 * f64::from(warp.noise(x / 3.0 + 71.0, y / 3.0 - 33.0));
        let [cos, sin] = self.direction;
        let (along, across) = (cos * wx + sin * wy, cos * wy - sin * wx);
        let mut height = octaves(grain, &RELIEF_BANDS, x, y, pitch_mm);
        for (lattice, (cell_mm, depth_um, half_width_mm)) in [primary, secondary].into_iter().zip(FURROWS) {
            let [first, second] = lattice.two_nearest(along / (cell_mm * FURROW_STRETCH), across / cell_mm);
            // A furrow narrower than the pixel is seen as wide as the pixel and shallower.
            let seen_mm = half_width_mm.hypot(0.5 * pitch_mm);
            let t = (second - first) * (cell_mm / seen_mm) as f32 * 0.5;
            let depth_um = depth_um * (half_width_mm / seen_mm) as f32;
            // Plateaus are slightly domed: highest at the cell's middle.
            height += depth_um * (0.25 - (-t * t).exp() + 0.35 * (0.45 - first));
        }
        height
    }
}
