//! What the tests of the real binary share.
#![allow(dead_code, unused_imports, reason = "each test program uses its part")]

pub mod batches;
pub mod browser;
pub mod head;
pub mod plant;
pub mod row;
pub mod sheets;
pub mod spectra;
pub mod subject;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dermetric::engine::gpu::adapters;
use dermetric::engine::{Engine, EngineChoice};
use dermetric::geometry::Size;
use dermetric::phantom::{Capture, Light, Recapture, Rgb8, Scene, SceneOptions, Treatment, pair};
use dermetric::photo::Photo;

#[path = "../../../src/testing.rs"]
mod testing;

pub use testing::shared_data;

/// What a run of the command came to.
#[derive(Debug)]
pub struct Run {
    /// Exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// Results.
    pub stdout: String,
    /// Messages.
    pub stderr: String,
}

/// Runs the command as a user would, but for what this machine's environment would add.
pub fn dermetric<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    let output = command(arguments).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("what the command says is UTF-8");
    Run { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The command, not yet started.
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dermetric"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("DERMETRIC_LOG")
        // Mesa's layer that looks for a screen complains on stderr where there is none.
        .env("NODEVICE_SELECT", "1");
    command
}

impl Run {
    /// The one line on stderr.
    pub fn only_line(&self) -> &str {
        assert_eq!(self.stderr.lines().count(), 1, "one line expected: {}", self.stderr);
        self.stderr.trim_end()
    }

    /// stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", self.stdout, self.stderr))
    }

    /// stdout as one JSON object a line.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}

/// A folder and what is written into it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A fresh one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and folders on the way.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes the rectangle from a corner to the other, in pixels, as a region.
    pub fn rectangle(&self, name: &str, [left, top]: [f64; 2], [right, bottom]: [f64; 2]) -> PathBuf {
        let polygon = [[left, top], [right, top], [right, bottom], [left, bottom]];
        self.write(name, serde_json::json!({"polygons": [polygon]}).to_string())
    }

    /// Every `report.json` below it.
    pub fn reports(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("report.json") {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

/// A picture of one color.
pub fn flat(size: Size, value: u8) -> Rgb8 {
    Rgb8::new(size, vec![value; 3 * size.area()]).unwrap()
}

/// A picture with texture, no value near the ends of the scale.
pub fn textured(size: Size) -> Rgb8 {
    let bytes = (0..size.height)
        .flat_map(|y| (0..size.width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let wave = ((x * 7 + y * 13) % 23) as u8;
            [170 + (x % 19) as u8 + wave, 120 + (y % 17) as u8 + wave, 95 + ((x + y) % 13) as u8 + wave]
        })
        .collect();
    Rgb8::new(size, bytes).unwrap()
}

/// A small piece of skin before and after, as PNG.
pub fn small_pair() -> [Vec<u8>; 2] {
    static PAIR: std::sync::OnceLock<[Vec<u8>; 2]> = std::sync::OnceLock::new();
    let render = || {
        let options = SceneOptions { size_mm: [16.0, 14.0], spots: 2, ..SceneOptions::default() };
        let treatment = Treatment { spot_scale: 0.5, ..Treatment::NONE };
        let recapture = Recapture { jpeg_quality: None, ..Recapture::identical(2) };
        let capture = Capture::usual(Light::Diffuse, 12.0);
        let pair = pair(&Scene::new(&options).unwrap(), &capture, &treatment, recapture).unwrap();
        [pair.before.rgb.png().unwrap(), pair.after.rgb.png().unwrap()]
    };
    PAIR.get_or_init(render).clone()
}

/// Linear light of an eight-bit code (IEC 61966-2-1).
pub fn linear(code: u8) -> f64 {
    let v = f64::from(code) / 255.0;
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// The nearest eight-bit code of linear light.
pub fn code(linear: f64) -> u8 {
    let v = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (255.0 * v).round().clamp(0.0, 255.0) as u8
}

/// The two photographs of each of the 27 people of the London set, neutral and smiling, of one session.
pub fn london_pairs(data: &Path) -> Vec<[PathBuf; 2]> {
    let folder = data.join("faces_repeat/london_pairs");
    let mut neutral: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.to_string_lossy().ends_with("_03.jpg"))
        .collect();
    neutral.sort();
    assert_eq!(neutral.len(), 27);
    let smiling = |file: &PathBuf| PathBuf::from(file.to_string_lossy().replace("_03.jpg", "_08.jpg"));
    neutral.iter().map(|file| [file.clone(), smiling(file)]).collect()
}

/// The twenty clinical close-ups of the reference data, by name.
pub fn close_ups(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("clinical_closeups_pad_ufes/images");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 20);
    files
}

/// A picture from a file.
pub fn rgb8(file: &Path) -> Rgb8 {
    let picture = image::open(file).unwrap().into_rgb8();
    Rgb8::new(Size::new(picture.width(), picture.height()), picture.into_raw()).unwrap()
}

/// A picture as a photograph that was decoded.
pub fn photo(name: &str, picture: &Rgb8) -> Photo {
    Photo::from_rgb_bytes(name, picture.size(), picture.bytes())
}

/// The GPU to test on: the one `DERMETRIC_TEST_GPU` names, or the first adapter of any kind,
/// hardware before software. `None`, said aloud, where there is none; under `CI=true` that is a
/// failure.
pub fn gpu() -> Option<Engine> {
    let first = || Some(adapters::list().iter().min_by_key(|a| (a.software, a.index))?.index.to_string());
    let opened = std::env::var("DERMETRIC_TEST_GPU")
        .ok()
        .or_else(first)
        .map(|selector| Engine::new(&EngineChoice::Gpu(Some(selector)), 0));
    let why = match opened {
        Some(Ok(engine)) => return Some(engine),
        Some(Err(error)) => error.to_string(),
        None => "no adapter".to_owned(),
    };
    missing(&format!("a GPU or a software Vulkan driver ({why}); install mesa-vulkan-drivers"))
}

/// A file of the reference data: below `DERMETRIC_DATA`, or below `shared/data` beside the
/// repository. `None`, said aloud, where it is absent; under `CI=true` that is a failure.
pub fn reference_data(name: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("DERMETRIC_DATA").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() { Some(path) } else { missing(&format!("the reference data {}", path.display())) }
}

/// A Python that has a module: the one on the path, or the system's, whose modules are its packages. `None`, said aloud, where
/// there is none; under `CI=true` that is a failure.
pub fn python_with(module: &str) -> Option<&'static str> {
    let has = |python: &&str| {
        let mut import = Command::new(python);
        import.args(["-c", &format!("import {module}")]).stdin(Stdio::null()).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(has);
    found.or_else(|| missing(&format!("a python3 with {module} (python3-distributed, python3-pandas)")))
}

fn missing<T>(what: &str) -> Option<T> {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "this test needs {what}");
    eprintln!("IGNORED: needs {what}");
    None
}

/// CRC-32 as PNG uses it (ISO 3309).
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}
