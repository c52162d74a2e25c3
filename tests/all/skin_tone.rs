//! The color class of the skin: what it may be and how sure, and no phototype.

use crate::common::photo;
use dermetric::analyzer::{Analyzer, Options};
use dermetric::calibrate::ItaClass;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Capture, Light, Recapture, Scene, SceneOptions, SkinTone, render};

const PX_PER_MM: f64 = 8.0;

#[test]
fn phantoms_of_each_class_may_be_of_that_class_and_of_no_distant_one() {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let classes = [
        (SkinTone::VeryLight, ItaClass::VeryLight),
        (SkinTone::Light, ItaClass::Light),
        (SkinTone::Intermediate, ItaClass::Intermediate),
        (SkinTone::Tan, ItaClass::Tan),
        (SkinTone::Brown, ItaClass::Brown),
        (SkinTone::Dark, ItaClass::Dark),
    ];
    for (tone, class) in classes {
        let options = SceneOptions { seed: 4, tone, size_mm: [30.0, 30.0], ..SceneOptions::default() };
        let scene = Scene::new(&options).unwrap();
        let shot = |r: &Recapture| {
            photo("skin", &render(&scene, &Capture::usual(Light::Diffuse, PX_PER_MM).again(*r)).unwrap().rgb)
        };
        let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
        let again = [Recapture::identical(1), Recapture::identical(2)].map(|r| shot(&r));
        let report = analyzer.compare_photos(&again[..1], &again[1..], &options).unwrap().report;
        let found = report.skin_tone.expect("its tone was measured");
        let ita = &report.measures["tone"].metrics["ita_deg"];
        println!("{tone:?}: {:?} {found:?}", ita.before);
        assert_eq!(found.error_deg, 10.0, "there is no chart");
        let before = found.before.unwrap();
        assert!(before.possible.contains(&before.class), "{tone:?}");
        // The phantom's camera, as a real one, exposes dark skin brighter than it is: without a chart nothing
        // tells.
        assert!(tone == SkinTone::Dark || before.possible.contains(&class), "{tone:?}");
        let steps = |a: ItaClass| (a as i32 - class as i32).abs();
        assert!(steps(before.class) <= 1, "{tone:?}");
        // Held against what the photographs can show, where that is known.
        let (distance, sdc) = (before.edge_distance_deg.unwrap(), ita.smallest_detectable_change.unwrap());
        assert!((before.edge_distance_in_sdc.unwrap() - distance / sdc).abs() < 1e-3, "{tone:?}");
        assert_eq!(found.after.unwrap().class, before.class, "the same skin");

        let alone = analyzer.measure_photo(&again[0], &options).unwrap().report.skin_tone.unwrap();
        assert!(alone.after.is_none() && alone.before.unwrap().edge_distance_in_sdc.is_none());
    }
}
