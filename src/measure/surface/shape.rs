//! One depressed scar on a height map: how deep, how wide, how steep, and the type that follows.

use crate::measure::objects::LesionValues;

/// Share of the deepest pixels that depth is the lowest of: one pixel may be noise.
const DEEPEST: f64 = 0.98;
/// Shares of the depth between which a wall is measured.
const WALL: (f64, f64) = (0.2, 0.8);
/// Area at the wall's foot, by that at its top, as a ratio of radii: a floor as wide as this has walls at the
/// rim alone. A cone has 0.25, a bowl whose depth goes as cos² 0.42, and in simulation boxcar scars of 1.6
/// to 3.9 mm 0.7 to 0.9.
const FLOOR: f64 = 0.6;
/// Widths of the types, in mm (Jacob, Dover & Kaminer 2001).
const ICEPICK_BELOW_MM: f64 = 2.0;
const BOXCAR_MM: std::ops::RangeInclusive<f64> = 1.5..=4.0;
const ROLLING_ABOVE_MM: f64 = 4.0;
/// Depths that part what is no scar from a shallow boxcar scar from a deep one, in µm.
const SHALLOW_FROM_UM: f64 = 100.0;
const DEEP_FROM_UM: f64 = 500.0;

/// A scar, measured on true height: below a plane fitted to the skin around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Area of its outline, in mm².
    pub area_mm2: f64,
    /// What 98 % of it are no deeper than, in µm.
    pub depth_um: f64,
    /// Its hollow, in mm³.
    pub volume_mm3: f64,
    /// Diameter of a circle of the area that is at least half as deep, in mm.
    pub half_depth_diameter_mm: f64,
    /// Diameters of the circles of the areas that are at least a fifth, and four fifths, as deep, in mm.
    pub wall_diameters_mm: (f64, f64),
}

/// What kind of atrophic scar its shape is that of, by the table of Jacob, Dover & Kaminer 2001
/// (doi:10.1067/mjd.2001.113451). A name for a shape: whether it is a scar, a clinician says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JacobType {
    /// Below 2 mm, narrowing to a point.
    Icepick,
    /// 1.5 to 4 mm with a floor, 0.1 to 0.5 mm deep.
    ShallowBoxcar,
    /// 1.5 to 4 mm with a floor, 0.5 mm deep or more.
    DeepBoxcar,
    /// Above 4 mm with sloping sides.
    Rolling,
}

impl Shape {
    /// From the depth below the skin around of every pixel within an outline, in µm, and the area of a pixel.
    /// `None` without pixels.
    pub(super) fn of(mut depths_um: Vec<f64>, pixel_mm2: f64) -> Option<Self> {
        if depths_um.is_empty() {
            return None;
        }
        let pixels = depths_um.len() as f64;
        let volume_mm3 = (depths_um.iter().sum::<f64>() * 1e-3 * pixel_mm2).max(0.0);
        depths_um.sort_by(f64::total_cmp);
        let depth_um = depths_um[((pixels - 1.0) * DEEPEST) as usize].max(0.0);
        let diameter = |share: f64| {
            let deep = depths_um.len() - depths_um.partition_point(|&d| d < share * depth_um);
            (4.0 * deep as f64 * pixel_mm2 / std::f64::consts::PI).sqrt()
        };
        Some(Self {
            area_mm2: pixels * pixel_mm2,
            depth_um,
            volume_mm3,
            half_depth_diameter_mm: diameter(0.5),
            wall_diameters_mm: (diameter(WALL.0), diameter(WALL.1)),
        })
    }

    /// The shape that a lesion's values tell of; `None` for one that was not seen on heights.
    pub fn of_values(values: &LesionValues) -> Option<Self> {
        let of = |name: &str| values.get(name).copied();
        Some(Self {
            area_mm2: of("area_mm2")?,
            depth_um: of("depth_um")?,
            volume_mm3: of("volume_mm3")?,
            half_depth_diameter_mm: of("half_depth_diameter_mm")?,
            wall_diameters_mm: (of("wall_top_diameter_mm")?, of("wall_foot_diameter_mm")?),
        })
    }

    /// Diameter of a circle of its area, in mm.
    pub fn diameter_mm(&self) -> f64 {
        (4.0 * self.area_mm2 / std::f64::consts::PI).sqrt()
    }

    /// Depth over the width at half depth.
    pub fn depth_to_width(&self) -> f64 {
        1e-3 * self.depth_um / self.half_depth_diameter_mm
    }

    /// Mean angle of its walls to the skin around, between a fifth and four fifths of its depth, in degrees: 90
    /// is vertical. Pixels and the S-filter make steep walls less steep.
    pub fn wall_angle_deg(&self) -> f64 {
        let (top, foot) = self.wall_diameters_mm;
        let rise = (WALL.1 - WALL.0) * 1e-3 * self.depth_um;
        rise.atan2(0.5 * (top - foot)).to_degrees()
    }

    /// The type whose width, floor and depth it has; `None` where it has none's. Its width is where it is a
    /// fifth as deep, since an outline ends where the skin's own relief hides the rim.
    pub fn jacob_type(&self) -> Option<JacobType> {
        let (width, foot) = self.wall_diameters_mm;
        if self.depth_um < SHALLOW_FROM_UM || width <= 0.0 {
            return None;
        }
        if foot / width >= FLOOR {
            let deep = self.depth_um >= DEEP_FROM_UM;
            let boxcar = if deep { JacobType::DeepBoxcar } else { JacobType::ShallowBoxcar };
            return BOXCAR_MM.contains(&width).then_some(boxcar);
        }
        // At a fifth of its depth a slope has come in from the rim: by a fifth in a cone, by 0.3 in a bowl.
        match width {
            w if w / 0.8 < ICEPICK_BELOW_MM => Some(JacobType::Icepick),
            w if w / 0.7 > ROLLING_ABOVE_MM => Some(JacobType::Rolling),
            _ => None,
        }
    }

    /// Its numbers by name, for a lesion of the report, beside the lesion's own `area_mm2`: `depth_um`,
    /// `volume_mm3`, `half_depth_diameter_mm`, `wall_top_diameter_mm`, `wall_foot_diameter_mm`,
    /// `depth_to_width`, `wall_angle_deg`.
    pub fn values(&self) -> LesionValues {
        let mut values = LesionValues::from([
            ("depth_um", self.depth_um),
            ("volume_mm3", self.volume_mm3),
            ("half_depth_diameter_mm", self.half_depth_diameter_mm),
            ("wall_top_diameter_mm", self.wall_diameters_mm.0),
            ("wall_foot_diameter_mm", self.wall_diameters_mm.1),
        ]);
        if self.depth_um > 0.0 {
            values.insert("depth_to_width", self.depth_to_width());
            values.insert("wall_angle_deg", self.wall_angle_deg());
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A round scar of this diameter and depth; `profile` is its depth over its deepest, by radius over rim.
    fn scar(diameter_mm: f64, depth_um: f64, profile: impl Fn(f64) -> f64) -> Shape {
        let px_per_mm = 40.0;
        let reach = (0.5 * diameter_mm * px_per_mm) as i32 + 1;
        let mut depths = Vec::new();
        for y in -reach..=reach {
            for x in -reach..=reach {
                let rho = f64::from(x).hypot(f64::from(y)) / (0.5 * diameter_mm * px_per_mm);
                if rho < 1.0 {
                    depths.push(depth_um * profile(rho));
                }
            }
        }
        Shape::of(depths, 1.0 / (px_per_mm * px_per_mm)).unwrap()
    }

    fn cone(rho: f64) -> f64 {
        1.0 - rho
    }

    fn floor(wall: f64) -> impl Fn(f64) -> f64 {
        move |rho| ((1.0 - rho) / wall).min(1.0)
    }

    fn bowl(rho: f64) -> f64 {
        (0.5 * std::f64::consts::PI * rho).cos().powi(2)
    }

    #[test]
    fn a_cone_has_the_numbers_of_a_cone() {
        let found = scar(3.0, 900.0, cone);
        // π r² h / 3 = 2.1206 mm³; half as wide at half its depth; atan(0.9 / 1.5) = 30.96°.
        assert!((found.volume_mm3 / 2.1206 - 1.0).abs() < 0.01, "{found:?}");
        // 98 % of a cone's area are no deeper than 1 − √0.02 of it.
        assert!((found.depth_um / (900.0 * (1.0 - 0.02f64.sqrt())) - 1.0).abs() < 0.02, "{found:?}");
        assert!((found.wall_angle_deg() - 30.96).abs() < 1.0, "{}", found.wall_angle_deg());
        assert!((found.half_depth_diameter_mm - 3.0 * (1.0 - 0.43)).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_cylinder_is_as_wide_all_the_way_down() {
        let found = scar(2.0, 500.0, |_| 1.0);
        assert!((found.half_depth_diameter_mm - 2.0).abs() < 0.03 && found.depth_um == 500.0, "{found:?}");
        assert!((found.wall_angle_deg() - 90.0).abs() < 1e-9);
        assert!((found.depth_to_width() - 0.25).abs() < 0.01);
        assert!((found.volume_mm3 / (0.5 * std::f64::consts::PI) - 1.0).abs() < 0.02);
    }

    #[test]
    fn types_are_those_of_the_table() {
        for (shape, expected) in [
            (scar(1.4, 800.0, cone), Some(JacobType::Icepick)),
            (scar(2.5, 300.0, floor(0.25)), Some(JacobType::ShallowBoxcar)),
            (scar(3.5, 700.0, floor(0.2)), Some(JacobType::DeepBoxcar)),
            (scar(5.5, 300.0, bowl), Some(JacobType::Rolling)),
            // Sloping, but too wide for one and too narrow for the other.
            (scar(3.0, 400.0, cone), None),
            // A wide floor; too shallow for anything.
            (scar(7.0, 400.0, floor(0.1)), None),
            (scar(2.5, 60.0, floor(0.25)), None),
        ] {
            assert_eq!(shape.jacob_type(), expected, "{shape:?}");
        }
    }

    #[test]
    fn nothing_has_no_shape_and_a_flat_no_walls() {
        assert_eq!(Shape::of(Vec::new(), 0.01), None);
        let flat = Shape::of(vec![0.0; 50], 0.01).unwrap();
        assert_eq!((flat.depth_um, flat.jacob_type()), (0.0, None));
        assert!(!flat.values().contains_key("wall_angle_deg") && flat.values()["volume_mm3"] == 0.0);
    }
}
