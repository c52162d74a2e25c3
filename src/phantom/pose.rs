//! The second visit: how another photograph of the same skin differs.

use super::error::{PhantomError, require};
use super::random::{Purpose, between, stream};
use crate::geometry::{Homography, Size};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Distance from camera to skin, for the perspective of a tilt, mm.
const CAMERA_DISTANCE_MM: f64 = 300.0;

/// How a photograph is taken again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recapture {
    /// The skin appears turned by this much, counterclockwise, degrees.
    pub rotation_deg: f64,
    /// The skin appears this much larger.
    pub scale: f64,
    /// The skin appears shifted to the right and down, mm on the skin.
    pub shift_mm: [f64; 2],
    /// The skin is tilted about the image's x and y axis, degrees.
    pub tilt_deg: [f64; 2],
    /// Added exposure, stops.
    pub exposure_ev: f64,
    /// Factors on red, green and blue: another white balance.
    pub channel_gains: [f64; 3],
    /// Additional defocus, mm on the skin.
    pub focus_sigma_mm: f64,
    /// Quality of the JPEG that the photograph passes through, if any.
    pub jpeg_quality: Option<u8>,
    /// Seed of the sensor noise.
    pub noise_seed: u64,
    /// The lamp stands elsewhere by this azimuth, degrees.
    pub light_azimuth_change_deg: f64,
    /// The lamp stands elsewhere by this elevation, degrees.
    pub light_elevation_change_deg: f64,
}

/// How far a drawn photograph may be from the first.
struct Limits {
    exposure: f64,
    channel: f64,
    tilt_deg: f64,
    focus_mm: f64,
    jpeg: u8,
}

impl Recapture {
    /// The same photograph again, except for its noise.
    pub const fn identical(noise_seed: u64) -> Self {
        Self {
            rotation_deg: 0.0,
            scale: 1.0,
            shift_mm: [0.0; 2],
            tilt_deg: [0.0; 2],
            exposure_ev: 0.0,
            channel_gains: [1.0; 3],
            focus_sigma_mm: 0.0,
            jpeg_quality: None,
            noise_seed,
            light_azimuth_change_deg: 0.0,
            light_elevation_change_deg: 0.0,
        }
    }

    /// A careful second photograph drawn by lot: rotation within ±3°, scale ±3 %, shift ±1 mm,
    /// exposure ±8 %, each channel ±3 %, tilt ±1°, defocus up to 0.02 mm, JPEG of quality 93.
    pub fn random(seed: u64) -> Self {
        Self::drawn(seed, &Limits { exposure: 0.08, channel: 0.03, tilt_deg: 1.0, focus_mm: 0.02, jpeg: 93 })
    }

    /// One taken in a hurry, drawn by lot: as the careful one, but exposure ±20 %, each channel ±6 %, tilt ±2°, defocus
    /// up to 0.06 mm, JPEG of quality 80.
    pub fn careless(seed: u64) -> Self {
        Self::drawn(seed, &Limits { exposure: 0.2, channel: 0.06, tilt_deg: 2.0, focus_mm: 0.06, jpeg: 80 })
    }

    fn drawn(seed: u64, limits: &Limits) -> Self {
        let mut rng = stream(seed, Purpose::Recapture);
        let mut within = |limit: f64| between(&mut rng, -limit, limit);
        let drawn = Self {
            rotation_deg: within(3.0),
            scale: 1.0 + within(0.03),
            shift_mm: [within(1.0), within(1.0)],
            tilt_deg: [within(limits.tilt_deg), within(limits.tilt_deg)],
            exposure_ev: (1.0 + within(limits.exposure)).log2(),
            channel_gains: [0; 3].map(|_| 1.0 + within(limits.channel)),
            focus_sigma_mm: within(limits.focus_mm).abs(),
            jpeg_quality: Some(limits.jpeg),
            ..Self::identical(0)
        };
        Self { noise_seed: rng.random(), ..drawn }
    }

    pub(super) fn check(&self) -> Result<(), PhantomError> {
        require("rotation_deg", self.rotation_deg, -180.0..=180.0, "-180 to 180")?;
        require("scale", self.scale, 0.5..=2.0, "0.5 to 2")?;
        for v in self.shift_mm {
            require("shift_mm", v, -100.0..=100.0, "-100 to 100")?;
        }
        for v in self.tilt_deg {
            require("tilt_deg", v, -30.0..=30.0, "-30 to 30")?;
        }
        require("exposure_ev", self.exposure_ev, -4.0..=4.0, "-4 to 4")?;
        for v in self.channel_gains {
            require("channel_gains", v, 0.25..=4.0, "0.25 to 4")?;
        }
        require("focus_sigma_mm", self.focus_sigma_mm, 0.0..=2.0, "0 to 2")?;
        if let Some(quality) = self.jpeg_quality {
            require("jpeg_quality", f64::from(quality), 1.0..=100.0, "1 to 100")?;
        }
        require("light_azimuth_change_deg", self.light_azimuth_change_deg, -180.0..=180.0, "-180 to 180")?;
        require("light_elevation_change_deg", self.light_elevation_change_deg, -20.0..=20.0, "-20 to 20")
    }

    /// Where a pixel of the first photograph lies in the second, both of this size. Turned, scaled
    /// and tilted about the image center; a tilt is the perspective of a pinhole 300 mm away.
    pub fn after_from_before(&self, size: Size, px_per_mm: f64) -> Homography {
        let center = [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0];
        let move_by = |x: f64, y: f64| Homography([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]]);
        let [(sin_a, cos_a), (sin_b, cos_b)] = self.tilt_deg.map(|t| t.to_radians().sin_cos());
        let distance_px = CAMERA_DISTANCE_MM * px_per_mm;
        // The plane z = 0 turned about x by a, then about y by b, seen from distance_px.
        let tilt = Homography([
            [cos_b, sin_a * sin_b, 0.0],
            [0.0, cos_a, 0.0],
            [-sin_b / distance_px, sin_a * cos_b / distance_px, 1.0],
        ]);
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let s = self.scale;
        let turn = Homography([[s * cos, s * sin, 0.0], [-s * sin, s * cos, 0.0], [0.0, 0.0, 1.0]]);
        let shift = self.shift_mm.map(|v| v * px_per_mm * s);
        move_by(center[0] + shift[0], center[1] + shift[1])
            .after(&turn)
            .after(&tilt)
            .after(&move_by(-center[0], -center[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: (f64, f64), expected: (f64, f64)) {
        assert!((found.0 - expected.0).hypot(found.1 - expected.1) < 1e-9, "{found:?} against {expected:?}");
    }

    #[test]
    fn a_quarter_turn_takes_the_right_to_the_top() {
        let turn = Recapture { rotation_deg: 90.0, ..Recapture::identical(0) };
        near(turn.after_from_before(Size::new(200, 100), 10.0).apply(150.0, 50.0), (100.0, 0.0));
    }

    #[test]
    fn scale_and_shift_are_those_of_the_skin() {
        let moved = Recapture { scale: 1.5, shift_mm: [2.0, -1.0], ..Recapture::identical(0) };
        // 20 px from the center become 30, plus 2 mm · 10 px/mm · 1.5.
        near(moved.after_from_before(Size::new(200, 100), 10.0).apply(120.0, 50.0), (160.0, 35.0));
    }

    #[test]
    fn a_tilt_is_the_perspective_of_a_pinhole() {
        // Turned about y by 20°, a point 30 mm right of the center comes 30·sin 20° nearer to a
        // camera 300 mm away.
        let tilted = Recapture { tilt_deg: [0.0, 20.0], ..Recapture::identical(0) };
        let (x, y) = tilted.after_from_before(Size::new(1000, 1000), 10.0).apply(800.0, 600.0);
        let depth = 300.0 - 30.0 * 20f64.to_radians().sin();
        near(
            (x, y),
            (500.0 + 3000.0 * 30.0 * 20f64.to_radians().cos() / depth, 500.0 + 3000.0 * 10.0 / depth),
        );
    }

    #[test]
    fn a_random_recapture_keeps_its_limits_and_its_seed() {
        for seed in 0..200 {
            let r = Recapture::random(seed);
            assert_eq!(r, Recapture::random(seed));
            assert!(r.rotation_deg.abs() <= 3.0 && (r.scale - 1.0).abs() <= 0.03);
            assert!((0.92..=1.08).contains(&r.exposure_ev.exp2()));
            assert!(r.channel_gains.iter().all(|g| (0.97..=1.03).contains(g)));
            r.check().unwrap();
        }
        assert_ne!(Recapture::random(1), Recapture::random(2));
    }
}
