//! A report that may be handed on.

use super::key::ShareKey;
use super::{is_site, photograph};
use crate::report::{Photo, Report};

impl ShareKey {
    /// A view: a place on the body is told, any other name is not.
    pub fn view(&self, view: &str) -> String {
        if is_site(view) { view.to_owned() } else { self.pseudonym("view", view) }
    }

    /// Who.
    pub fn subject(&self, subject: &str) -> String {
        self.pseudonym("subject", subject)
    }

    /// Takes out of a report whom it is of. Its messages name photographs and regions by what they are called already.
    ///
    /// Make and model of the camera go too: they are free text that any program may have written, and a rare camera points to
    /// whoever has one. Exposure, days and every number stay.
    pub(crate) fn redact(&self, report: &mut Report) {
        report.shared = true;
        report.subject = report.subject.as_deref().map(|subject| self.subject(subject));
        report.view = report.view.as_deref().map(|view| self.view(view));
        let single = report.photos.after.is_empty();
        let visits = [("before", &mut report.photos.before), ("after", &mut report.photos.after)];
        for (visit, photos) in visits {
            let visit = if single { "photo" } else { visit };
            photos
                .iter_mut()
                .enumerate()
                .for_each(|(i, photo)| self.redact_photo(photo, &photograph(visit, i)));
        }
        for (purpose, hash) in [("noise", &mut report.noise_sha256), ("options", &mut report.options_sha256)]
        {
            *hash = hash.as_deref().map(|hash| self.hash(purpose, hash));
        }
    }

    fn redact_photo(&self, photo: &mut Photo, name: &str) {
        photo.file = name.to_owned();
        if !photo.sha256.is_empty() {
            photo.sha256 = self.hash("photo", &photo.sha256);
        }
        (photo.capture.make, photo.capture.model) = (None, None);
        // The name of a profile is free text as well.
        if photo.color_encoding.starts_with("icc") {
            photo.color_encoding = "icc".to_owned();
        }
    }
}
