//! The rendered head is fit to test on: nothing but skin, shaded by its lamp, alike every time.

use std::sync::OnceLock;

use crate::common::head::{Head, Lamp, Place, Window};
use crate::common::{linear, shared_data};
use dermetric::phantom::{Rgb8, Scene, SceneOptions, Treatment};

const PX_PER_MM: f64 = 8.0;

fn cheek() -> Option<&'static Window> {
    static CHEEK: OnceLock<Option<Window>> = OnceLock::new();
    let cheek = || {
        let head = Head::read(&shared_data()?);
        Some(head.window(Place::RightCheek, [40.0, 40.0], PX_PER_MM))
    };
    CHEEK.get_or_init(cheek).as_ref()
}

/// All that a phantom can add.
fn scene() -> Scene {
    let options = SceneOptions {
        seed: 3,
        scars: [6, 6, 3],
        spots: 8,
        erythema: 2,
        wrinkles: 10,
        pores_per_cm2: 30.0,
        ..SceneOptions::default()
    };
    Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..Scene::new(&options).unwrap() }
}

fn nothing() -> Scene {
    let options = SceneOptions { relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
    Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..Scene::new(&options).unwrap() }
}

/// Mean optical density of green in each of 5 × 5 pieces: shading of the face's own shape.
fn pieces(picture: &Rgb8) -> Vec<f64> {
    let side = picture.size().width / 5;
    let piece = |k: u32| {
        let places = (0..side * side).map(|p| (k % 5 * side + p % side, k / 5 * side + p / side));
        let light: f64 = places.map(|(x, y)| linear(picture.at(x, y)[1])).sum();
        -(light / f64::from(side * side)).ln()
    };
    (0..25).map(piece).collect()
}

/// Root mean square of what differs between two sets of pieces, exposure aside.
fn apart(one: &[f64], other: &[f64]) -> f64 {
    let differences: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    (differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / differences.len() as f64).sqrt()
}

#[test]
fn a_lamp_that_moves_changes_the_shading_and_one_that_stays_gives_the_same_bytes() {
    let Some(cheek) = cheek() else { return };
    let under = |lamp: Lamp| cheek.photograph(&nothing(), &lamp, 1.0);
    let usual = under(Lamp::USUAL);
    assert_eq!(usual, under(Lamp::USUAL));
    let moved = |elevation: f64, azimuth: f64| {
        let elevation_deg = Lamp::USUAL.elevation_deg + elevation;
        let azimuth_deg = Lamp::USUAL.azimuth_deg + azimuth;
        apart(&pieces(&usual), &pieces(&under(Lamp { elevation_deg, azimuth_deg, ..Lamp::USUAL })))
    };
    let [higher, lower, little, aside] =
        [moved(20.0, 0.0), moved(-20.0, 0.0), moved(0.0, 2.0), moved(0.0, 20.0)];
    println!("higher {higher:.4}, lower {lower:.4}, by 2° {little:.4}, by 20° {aside:.4} OD");
    // Eight bits resolve about 0.01 OD in a pixel, far less in a mean of thousands.
    assert!(higher > 0.02 && lower > 0.02 && aside > 0.02);
    assert!(little > 0.001 && little < 0.3 * aside);
}

#[test]
fn softer_light_weakens_the_relief_of_the_scene_and_fading_it_does_too() {
    let Some(cheek) = cheek() else { return };
    let bare = [0.0, 15.0].map(|softness_deg| {
        let lamp = Lamp { softness_deg, ambient: softness_deg / 30.0, ..Lamp::USUAL };
        let [with, without] = [scene(), nothing()].map(|scene| cheek.photograph(&scene, &lamp, 1.0));
        difference(&with, &without)
    });
    let faded = Treatment {
        depth_scale: 0.5,
        spot_scale: 0.5,
        erythema_scale: 0.5,
        wrinkle_scale: 0.5,
        pore_scale: 0.5,
        relief_scale: 0.5,
        ..Treatment::NONE
    };
    let half = {
        let [with, without] =
            [scene().treated(&faded), nothing()].map(|scene| cheek.photograph(&scene, &Lamp::USUAL, 1.0));
        difference(&with, &without)
    };
    println!("of the scene {bare:.4?}, at half {half:.4}");
    assert!(bare[1] < 0.9 * bare[0] && half < 0.7 * bare[0] && half > 0.3 * bare[0]);
}

/// Root mean square of the logarithms of green.
fn difference(one: &Rgb8, other: &Rgb8) -> f64 {
    let greens = one.bytes().iter().zip(other.bytes()).skip(1).step_by(3);
    let squares: f64 = greens.map(|(&a, &b)| (linear(a) / linear(b)).ln().powi(2)).sum();
    (squares / one.size().area() as f64).sqrt()
}

/// `DERMETRIC_KEEP=folder` keeps the pictures.
#[test]
fn windows_are_nothing_but_skin() {
    let Some(data) = shared_data() else { return };
    let head = Head::read(&data);
    for place in Place::ALL {
        let picture = head.window(place, [40.0, 40.0], PX_PER_MM).photograph(&scene(), &Lamp::USUAL, 1.0);
        if let Some(folder) = std::env::var_os("DERMETRIC_KEEP") {
            let file = std::path::Path::new(&folder).join(format!("{place:?}.png"));
            std::fs::write(file, picture.png().unwrap()).unwrap();
        }
        let pixels = picture.bytes().as_chunks::<3>().0;
        let red = pixels.iter().filter(|[r, g, b]| r > g && r > b).count();
        let clipped = pixels.iter().filter(|pixel| pixel.iter().any(|v| [0, 255].contains(v))).count();
        println!("{place:?}: {red} of {} redder than green and blue, {clipped} clipped", pixels.len());
        assert!(100 * red >= 99 * pixels.len() && 1000 * clipped <= pixels.len(), "{place:?}");
    }
}
