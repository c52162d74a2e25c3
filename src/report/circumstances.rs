//! Where a report's photographs come from.

use super::{Photo, Report};
use crate::calibrate::ItaClass;
use crate::change::Circumstances;

/// What stands for a camera that its photograph does not name.
const UNKNOWN_CAMERA: &str = "unknown";

impl Report {
    /// Cameras, site, skin and working grid; `None` where nothing was measured.
    pub fn circumstances(&self) -> Option<Circumstances> {
        let ita = self.measures.get("tone").and_then(|tone| tone.metrics.get("ita_deg")?.before);
        self.circumstances_of(ita)
    }

    /// The same before anything is judged, with the skin's ITA in degrees, where it is known.
    pub(crate) fn circumstances_of(&self, ita_deg: Option<f64>) -> Option<Circumstances> {
        Some(Circumstances {
            cameras: self.photos.before.iter().chain(&self.photos.after).map(camera).collect(),
            site: self.view.clone(),
            skin: ita_deg.map(ItaClass::of),
            px_per_mm: self.scale.as_ref()?.working_px_per_mm,
        })
    }
}

/// Make and model, as the photograph has them.
fn camera(photo: &Photo) -> String {
    let words: Vec<&str> =
        [&photo.capture.make, &photo.capture.model].into_iter().flatten().map(String::as_str).collect();
    if words.is_empty() { UNKNOWN_CAMERA.to_owned() } else { words.join(" ") }
}
