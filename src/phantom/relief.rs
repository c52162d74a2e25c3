//! Light on a relief: lamps far away, sky from everywhere, shadows, and gloss.

use super::light::Lighting;
use crate::geometry::Size;
use crate::raster::Raster;
use rayon::prelude::*;
use std::f64::consts::PI;

/// Light on every pixel of a relief.
#[derive(Debug)]
pub(super) struct Lit {
    /// Irradiance relative to flat skin.
    pub irradiance: Raster<f32>,
    /// Radiance reflected at the surface, relative to a lit perfect diffuser.
    pub gloss: Raster<f32>,
}

/// Reflectance of skin at right angles (refractive index 1.4: (0.4 / 2.4)²).
const FRESNEL_NORMAL: f32 = 0.0278;

/// Lights a relief. `height_um` in µm, `pitch_mm` is the width of a pixel on the skin.
pub(super) fn light_relief(height_um: &Raster<f32>, pitch_mm: f64, lighting: &Lighting) -> Lit {
    let size = height_um.size();
    let relief = Relief::new(height_um, pitch_mm);
    let lamps = lighting.lamps_on_skin();
    let ambient = if lamps.is_empty() { 1.0 } else { lighting.ambient as f32 };
    let directed = 1.0 - ambient;
    let sky = (ambient > 0.0).then(|| Sky::new(pitch_mm));
    let mut irradiance = Raster::filled(size, 0.0);
    let mut gloss = Raster::filled(size, 0.0);
    let width = size.width as usize;
    irradiance
        .data_mut()
        .par_chunks_mut(width)
        .zip(gloss.data_mut().par_chunks_mut(width))
        .enumerate()
        .for_each(|(y, (light_row, gloss_row))| {
            for x in 0..width {
                let normal = relief.normal(x as i32, y as i32);
                let mut light = 0.0;
                let mut shine = 0.0;
                for lamp in &lamps {
                    let l = lamp.direction;
                    let facing = (normal[0] * l[0] + normal[1] * l[1] + normal[2] * l[2]).max(0.0);
                    if facing > 0.0 {
                        let seen = if lighting.shadows {
                            relief.visible(x, y, l, lighting.lamp_radius_deg.to_radians() as f32)
                        } else {
                            1.0
                        };
                        light += lamp.weight * directed * seen * facing / l[2];
                        if lighting.specular > 0.0 {
                            shine += lamp.weight * directed * seen / l[2]
                                * surface_reflection(normal, l, lighting.roughness as f32);
                        }
                    }
                }
                if let Some(sky) = &sky {
                    light += ambient * sky.view_factor(&relief, x as i32, y as i32, normal);
                    // The sky is mirrored everywhere alike.
                    shine += ambient * FRESNEL_NORMAL;
                }
                light_row[x] = light;
                gloss_row[x] = lighting.specular as f32 * shine;
            }
        });
    Lit { irradiance, gloss }
}

/// Radiance of a rough dielectric surface seen from above, relative to a perfect diffuser that
/// faces the lamp: Torrance and Sparrow's microfacets (1967, doi:10.1364/JOSA.57.001105) with
/// Beckmann's slope distribution.
fn surface_reflection(normal: [f32; 3], l: [f32; 3], roughness: f32) -> f32 {
    // Half way between lamp and camera (0, 0, 1).
    let h = [l[0], l[1], l[2] + 1.0];
    let length = (h[0] * h[0] + h[1] * h[1] + h[2] * h[2]).sqrt();
    let cos_h = (normal[0] * h[0] + normal[1] * h[1] + normal[2] * h[2]) / length;
    let cos_v = normal[2];
    if cos_h <= 0.05 || cos_v <= 0.05 {
        return 0.0;
    }
    let c2 = cos_h * cos_h;
    let m2 = roughness * roughness;
    let slopes = (-(1.0 - c2) / (c2 * m2)).exp() / (std::f32::consts::PI * m2 * c2 * c2);
    let glance = 1.0 - h[2] / length;
    let fresnel = FRESNEL_NORMAL + (1.0 - FRESNEL_NORMAL) * glance.powi(5);
    std::f32::consts::PI * fresnel * slopes / (4.0 * cos_v)
}

/// A height field in the units of its own pixels.
struct Relief<'a> {
    height_um: &'a [f32],
    size: Size,
    /// Pixels per µm of height.
    px_per_um: f32,
    highest_um: f32,
}

impl<'a> Relief<'a> {
    fn new(height_um: &'a Raster<f32>, pitch_mm: f64) -> Self {
        let highest_um = height_um.data().iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self {
            height_um: height_um.data(),
            size: height_um.size(),
            px_per_um: (1e-3 / pitch_mm) as f32,
            highest_um,
        }
    }

    /// Height in µm, edges repeated.
    fn at(&self, x: i32, y: i32) -> f32 {
        let x = x.clamp(0, self.size.width as i32 - 1) as usize;
        let y = y.clamp(0, self.size.height as i32 - 1) as usize;
        self.height_um[y * self.size.width as usize + x]
    }

    /// Unit normal from central differences.
    fn normal(&self, x: i32, y: i32) -> [f32; 3] {
        let slope = 0.5 * self.px_per_um;
        let gx = slope * (self.at(x + 1, y) - self.at(x - 1, y));
        let gy = slope * (self.at(x, y + 1) - self.at(x, y - 1));
        let inverse = 1.0 / (1.0 + gx * gx + gy * gy).sqrt();
        [-gx * inverse, -gy * inverse, inverse]
    }

    /// How much of a lamp of this radius stands above the horizon, 0–1.
    fn visible(&self, x: usize, y: usize, l: [f32; 3], radius_rad: f32) -> f32 {
        let across = (l[0] * l[0] + l[1] * l[1]).sqrt();
        if across < 0.05 {
            return 1.0;
        }
        let (dx, dy) = (l[0] / across, l[1] / across);
        let elevation = (l[2] / across).atan();
        let low = (elevation - radius_rad).max(0.01).tan();
        let high = (elevation + radius_rad).min(1.5).tan();
        let here = self.at(x as i32, y as i32);
        // Beyond this distance nothing is high enough to touch the lamp's lower edge.
        let range = ((self.highest_um - here) * self.px_per_um / low).min(4096.0);
        let mut horizon = 0.0f32;
        let mut distance = 1.0;
        while distance < range {
            let height = self.between(x as f32 + dx * distance, y as f32 + dy * distance);
            horizon = horizon.max((height - here) * self.px_per_um / distance);
            distance += 1.0;
        }
        1.0 - super::noise::smoothstep((horizon - low) / (high - low))
    }

    /// Bilinear height at fractional column and row.
    fn between(&self, x: f32, y: f32) -> f32 {
        let (x0, y0) = (x.floor(), y.floor());
        let (tx, ty) = (x - x0, y - y0);
        let (c, r) = (x0 as i32, y0 as i32);
        let top = self.at(c, r) + tx * (self.at(c + 1, r) - self.at(c, r));
        let bottom = self.at(c, r + 1) + tx * (self.at(c + 1, r + 1) - self.at(c, r + 1));
        top + ty * (bottom - top)
    }
}

/// Where the horizon is looked for: eight directions, some distances each.
struct Sky {
    directions: Vec<Direction>,
}

struct Direction {
    /// Unit vector in the image.
    toward: [f32; 2],
    /// Column and row offsets, and one over their length in pixels.
    steps: Vec<(i32, i32, f32)>,
}

impl Sky {
    fn new(pitch_mm: f64) -> Self {
        // 0.07 to 2.9 mm. The finest relief is narrower, the widest scar a little wider.
        let distances_mm = (0..14).map(|k| 0.07 * 1.33f64.powi(k));
        let directions = (0..8)
            .map(|k| {
                let (sin, cos) = (PI * f64::from(k) / 4.0).sin_cos();
                let mut steps: Vec<(i32, i32, f32)> = Vec::new();
                for distance in distances_mm.clone() {
                    let px = (distance / pitch_mm).max(1.0);
                    let (dx, dy) = ((px * cos).round(), (px * sin).round());
                    let step = (dx as i32, dy as i32, (1.0 / dx.hypot(dy)) as f32);
                    if steps.last() != Some(&step) {
                        steps.push(step);
                    }
                }
                Direction { toward: [cos as f32, sin as f32], steps }
            })
            .collect();
        Self { directions }
    }

    /// Irradiance from an even sky over that of an open flat place, from the horizon's height in
    /// each direction (Dozier & Frew 1990, doi:10.1109/36.58986, eq. 7b).
    fn view_factor(&self, relief: &Relief<'_>, x: i32, y: i32, normal: [f32; 3]) -> f32 {
        let here = relief.at(x, y);
        let mut sum = 0.0;
        for direction in &self.directions {
            let mut tan = 0.0f32;
            for &(dx, dy, per_px) in &direction.steps {
                tan = tan.max((relief.at(x + dx, y + dy) - here) * relief.px_per_um * per_px);
            }
            // Of the horizon's angle from the zenith: sin², and angle − sin·cos.
            let sin2 = 1.0 / (1.0 + tan * tan);
            let lune = std::f32::consts::FRAC_PI_2 - tan.atan() - tan * sin2;
            let leaning = normal[0] * direction.toward[0] + normal[1] * direction.toward[1];
            sum += (normal[2] * sin2 + leaning * lune).max(0.0);
        }
        sum / self.directions.len() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::super::light::Light;
    use super::*;

    /// A plane that rises by `slope` (mm per mm) to the right.
    fn slope(slope: f64, pitch_mm: f64) -> Raster<f32> {
        Raster::from_fn(Size::new(80, 40), |x, _| (1000.0 * slope * f64::from(x) * pitch_mm) as f32)
    }

    #[test]
    fn a_slope_under_45_degrees_has_the_shading_of_the_cosine() {
        // Rising to the right by atan 0.2 = 11.31°. A lamp on the left, 45° up, meets it at
        // 90 − 45 − 11.31 = 33.69° from its normal... and flat skin at 45°.
        for (rise, azimuth, angle_deg) in [(0.2, 180.0, 33.690_07), (0.2, 0.0, 56.309_93), (0.0, 30.0, 45.0)]
        {
            let lit = light_relief(&slope(rise, 0.05), 0.05, &Lighting::bare(Light::Oblique45, azimuth));
            let expected = f64::to_radians(angle_deg).cos() / f64::to_radians(45.0).cos();
            let found = f64::from(lit.irradiance.at(40, 20));
            assert!((found - expected).abs() < 1e-4, "{found} against {expected}");
        }
    }

    #[test]
    fn a_lamp_at_the_top_lights_what_faces_the_top() {
        // Height falls toward the top, so the surface leans that way.
        let down = Raster::from_fn(Size::new(30, 30), |_, y| y as f32 * 10.0);
        let top = light_relief(&down, 0.05, &Lighting::bare(Light::Oblique45, 90.0));
        let bottom = light_relief(&down, 0.05, &Lighting::bare(Light::Oblique45, 270.0));
        assert!(top.irradiance.at(15, 15) > 1.1 && bottom.irradiance.at(15, 15) < 0.9);
    }

    #[test]
    fn two_lamps_cancel_a_slope_to_first_order() {
        let lit = light_relief(&slope(0.2, 0.05), 0.05, &Lighting::bare(Light::Bilateral, 0.0));
        // Mean of both cosines over cos 45°: cos 11.31°.
        assert!((f64::from(lit.irradiance.at(40, 20)) - 0.980_58).abs() < 1e-4);
    }

    #[test]
    fn an_open_slope_sees_the_sky_of_its_tilt() {
        // An infinite tilted plane under an even sky receives (1 + cos tilt) / 2. The top of a
        // ridge of two such planes sees past its own foot, which a lone slope must not.
        let pitch = 0.05;
        let lit = light_relief(&slope(0.4, pitch), pitch, &Lighting::bare(Light::Diffuse, 0.0));
        let expected = (1.0 + 1.0 / (1.0f64 + 0.16).sqrt()) / 2.0;
        let found = f64::from(lit.irradiance.at(40, 20));
        assert!((found - expected).abs() < 0.01, "{found} against {expected}");
    }

    #[test]
    fn every_place_in_a_round_bowl_sees_the_same_share_of_the_sky() {
        // A place on the inside of a sphere sees every part of it in proportion to its area. A cap
        // of height h on a sphere of radius R hides h / (2R) of the sky, wherever one stands in it.
        let (pitch, radius, height) = (0.05f64, 2.0f64, 0.8f64);
        let bowl = Raster::from_fn(Size::new(161, 161), |x, y| {
            let r = pitch * f64::hypot(f64::from(x) - 80.0, f64::from(y) - 80.0);
            let depth = (radius * radius - r * r).max(0.0).sqrt() - (radius - height);
            (-1000.0 * depth.max(0.0)) as f32
        });
        let lit = light_relief(&bowl, pitch, &Lighting::bare(Light::Diffuse, 0.0));
        let expected = 1.0 - height / (2.0 * radius);
        // The rim stands 1.6 mm (32 pixels) from the middle.
        for (x, y) in [(80, 80), (90, 80), (80, 68), (95, 92), (60, 75)] {
            let found = f64::from(lit.irradiance.at(x, y));
            // The rim may fall between two of the distances at which the horizon is looked for.
            assert!((found - expected).abs() < 0.04, "{found} against {expected} at {x}, {y}");
        }
    }

    #[test]
    fn a_wall_throws_a_shadow_as_long_as_its_height_over_the_tangent() {
        // 500 µm over tan 25° is 1.072 mm: 21.4 pixels of 0.05 mm to the left of the wall,
        // with the lamp on the right.
        let wall = Raster::from_fn(Size::new(120, 9), |x, _| if x >= 80 { 500.0 } else { 0.0 });
        let lighting =
            Lighting { shadows: true, lamp_radius_deg: 0.2, ..Lighting::bare(Light::Oblique25, 0.0) };
        let lit = light_relief(&wall, 0.05, &lighting);
        let dark = (0..79).filter(|&x| lit.irradiance.at(x, 4) < 0.5).count();
        assert!((20..=21).contains(&dark), "{dark} pixels");
        assert!(lit.irradiance.at(20, 4) > 0.999);
    }

    #[test]
    fn gloss_is_brightest_where_the_surface_mirrors_the_lamp() {
        // A lamp 60° up on the right is mirrored into the camera by a surface that leans 15° to
        // the right.
        let gloss = |lean_deg: f64| {
            let lighting =
                Lighting { specular: 1.0, roughness: 0.2, ..Lighting::bare(Light::Oblique60, 0.0) };
            let lit = light_relief(&slope(-lean_deg.to_radians().tan(), 0.05), 0.05, &lighting);
            lit.gloss.at(40, 20)
        };
        assert!(gloss(15.0) > gloss(10.0) && gloss(15.0) > gloss(20.0));
        assert!(gloss(-15.0) < 0.1 * gloss(15.0));
    }
}
