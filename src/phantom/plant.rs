//! Lesions with known truth on a photograph of real skin.

use super::camera::spread;
use super::error::{PhantomError, require};
use super::fields::{Fields, Skin};
use super::light::Lighting;
use super::photo::{Rgb8, SensorNoise, expose, linear_of_code};
use super::relief::light_relief;
use super::scene::Scene;
use super::tone::Reflectance;
use crate::raster::Raster;
use rayon::prelude::*;

/// Plants what `scene` holds on the skin of `photo`, which keeps its own relief and color below it.
///
/// Relief of the scene (micro-relief, scars, wrinkles, pores) is lit by `lighting`, its light spreads in
/// skin, and the photograph is multiplied with it. Melanin and hemoglobin of the scene dim what comes back,
/// as they would on top of the skin's own: a scene that is meant to add lesions alone has 0 of both, and
/// no mottle. Gloss and hair are not planted. A scene without anything in it leaves every byte as it was.
///
/// The photograph's own light is not known, so relief is as if lit apart from the skin's: slopes of both
/// add only to first order.
///
/// # Errors
/// A parameter out of range.
pub fn plant(photo: &Rgb8, px_per_mm: f64, scene: &Scene, lighting: &Lighting) -> Result<Rgb8, PhantomError> {
    require("px_per_mm", px_per_mm, 1.0..=200.0, "1 to 200")?;
    lighting.check()?;
    let reflectance = Reflectance::new(&scene.pigments)?;
    let (size, pitch_mm) = (photo.size(), 1.0 / px_per_mm);
    let width = size.width as usize;
    let fields = Fields::new(scene);
    let mut skin = vec![Skin::default(); size.area()];
    skin.par_chunks_mut(width).enumerate().for_each(|(y, line)| {
        for (x, point) in line.iter_mut().enumerate() {
            *point = fields.at((x as f64 + 0.5) * pitch_mm, (y as f64 + 0.5) * pitch_mm, pitch_mm);
        }
    });
    let height_um = Raster::from_vec(size, skin.par_iter().map(|s| s.height_um).collect());
    let lit = light_relief(&height_um, pitch_mm, lighting);
    let decode = linear_of_code();
    let planes: [Raster<f32>; 3] = std::array::from_fn(|channel| {
        let mut light = spread(&lit.irradiance, channel, 1.0, pitch_mm);
        let bare = reflectance.of(channel, 0.0, 0.0);
        light.data_mut().par_iter_mut().enumerate().for_each(|(k, light)| {
            let (melanin, hemoglobin) = (f64::from(skin[k].melanin_od), f64::from(skin[k].hemoglobin_od));
            let kept = (reflectance.of(channel, melanin, hemoglobin) / bare) as f32;
            *light *= kept * decode[photo.bytes()[3 * k + channel] as usize];
        });
        light
    });
    let linear = [planes[0].data(), planes[1].data(), planes[2].data()];
    Ok(expose(size, linear, [1.0; 3], &SensorNoise::NONE, 0))
}

#[cfg(test)]
mod tests {
    use super::super::lesion::{Outline, Scar, ScarKind, Spot};
    use super::super::light::Light;
    use super::super::scene::SceneOptions;
    use super::*;
    use crate::geometry::Size;

    /// Nothing at all, 20 × 15 mm.
    fn nothing() -> Scene {
        let options =
            SceneOptions { size_mm: [20.0, 15.0], relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
        Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..Scene::new(&options).unwrap() }
    }

    /// 10 px/mm of every code there is.
    fn photo() -> Rgb8 {
        let size = Size::new(200, 150);
        Rgb8::new(size, (0..3 * size.area()).map(|k| (k * 7 % 256) as u8).collect()).unwrap()
    }

    fn even() -> Rgb8 {
        let size = Size::new(200, 150);
        Rgb8::new(size, [210, 160, 130].repeat(size.area())).unwrap()
    }

    fn planted(photo: &Rgb8, scene: &Scene) -> Rgb8 {
        plant(photo, 10.0, scene, &Lighting::usual(Light::Oblique45)).unwrap()
    }

    #[test]
    fn nothing_planted_leaves_every_byte() {
        assert_eq!(planted(&photo(), &nothing()), photo());
    }

    #[test]
    fn a_spot_dims_each_channel_by_its_share_of_melanin() {
        let mut scene = nothing();
        let outline = Outline::circle(4.0);
        scene.spots.push(Spot { center_mm: [10.0, 7.5], outline, edge_mm: 0.2, peak_od: 0.4 });
        let after = planted(&even(), &scene);
        assert_eq!(after.at(20, 20), [210, 160, 130]);
        // exp(−0.4·(0.339, 0.500, 0.797)) of the linear light, worked out with the sRGB curve apart.
        let linear = |code: u8| ((f64::from(code) / 255.0 + 0.055) / 1.055).powf(2.4);
        for (channel, share) in [0.339f64, 0.500, 0.797].into_iter().enumerate() {
            let expected = linear(even().at(0, 0)[channel]) * (-0.4 * share).exp();
            let found = linear(after.at(100, 75)[channel]);
            assert!((found / expected - 1.0).abs() < 0.01, "{channel}: {found} against {expected}");
        }
    }

    #[test]
    fn a_scar_is_dark_towards_the_lamp_and_bright_away_from_it() {
        let mut scene = nothing();
        let outline = Outline::circle(4.0);
        let scar = Scar { kind: ScarKind::Rolling, center_mm: [10.0, 7.5], outline, depth_um: 300.0 };
        scene.scars.push(scar);
        let after = planted(&even(), &scene);
        // The lamp stands at 150°: upper left.
        let green = |x: u32, y: u32| after.at(x, y)[1];
        assert!(green(91, 70) < 155 && green(109, 80) > 165, "{} {}", green(91, 70), green(109, 80));
        assert_eq!(after.at(20, 140), [210, 160, 130]);
        // A scar of no depth is none.
        assert_eq!(planted(&even(), &nothing()), even());
    }

    #[test]
    fn a_scale_out_of_range_is_refused() {
        assert!(plant(&even(), 0.0, &nothing(), &Lighting::usual(Light::Frontal)).is_err());
    }
}
