//! The whole model against what can be known without it.

use super::*;
use crate::geometry::Size;
use crate::raster::Raster;

#[test]
#[expect(clippy::print_stderr, reason = "temporary")]
fn look() {
    let Some(folder) = std::env::var_os("PHANTOM_LOOK") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for light in Light::ALL {
        let t = std::time::Instant::now();
        let pair = demo_pair(&DemoOptions { light, ..DemoOptions::default() }).unwrap();
        eprintln!("{light:?} {:?}", t.elapsed());
        std::fs::write(folder.join(format!("{light:?}_before.png")), pair.before.rgb.png().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{light:?}_after.png")), pair.after.rgb.png().unwrap()).unwrap();
        let plain = Scene::new(&SceneOptions::default()).unwrap();
        let r = render(&plain, &Capture::usual(light, 16.0)).unwrap();
        std::fs::write(folder.join(format!("{light:?}_plain.png")), r.rgb.png().unwrap()).unwrap();
        let even = Scene::new(&SceneOptions { mottle: 0.0, ..SceneOptions::default() }).unwrap();
        let r = render(&even, &Capture::usual(light, 16.0)).unwrap();
        std::fs::write(folder.join(format!("{light:?}_even.png")), r.rgb.png().unwrap()).unwrap();
    }
    for tone in SkinTone::ALL {
        let pair = demo_pair(&DemoOptions { tone, ..DemoOptions::default() }).unwrap();
        std::fs::write(folder.join(format!("tone_{tone:?}.png")), pair.before.rgb.png().unwrap()).unwrap();
    }
}
