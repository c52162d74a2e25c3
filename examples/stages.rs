//! Where the time of a comparison goes: decodes and compares a pair of 24 MP, and prints the
//! seconds and the share of every stage, and the peak memory.
//!
//! ```sh
//! cargo run --release --example stages -- render FOLDER    # once: before.jpg, after.jpg
//! cargo run --release --example stages -- FOLDER
//! ```
//!
//! A number after `FOLDER` renders a pair so many millimetres wide instead of 300: 150 are 6 MP.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dermetric::analyzer::{Analyzer, Options, PairFiles};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{DemoOptions, demo_pair};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

const JPEG_QUALITY: u8 = 95;
/// 6000 × 4000 pixels at 20 px/mm, the finest working grid: nothing is reduced.
const WIDTH_MM: f64 = 300.0;
const PX_PER_MM: f64 = 20.0;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["render", folder] => render(Path::new(folder), WIDTH_MM),
        ["render", folder, width_mm] => render(Path::new(folder), width_mm.parse()?),
        [folder] => compare(Path::new(folder)),
        _ => Err("usage: stages [render] FOLDER [WIDTH_MM]".into()),
    }
}

fn render(folder: &Path, width_mm: f64) -> Result<(), Failure> {
    let begun = Instant::now();
    let size_mm = [width_mm, width_mm / 1.5];
    let pair = demo_pair(&DemoOptions { size_mm, px_per_mm: PX_PER_MM, ..DemoOptions::default() })?;
    std::fs::create_dir_all(folder)?;
    for (name, photo) in [("before.jpg", &pair.before), ("after.jpg", &pair.after)] {
        std::fs::write(folder.join(name), photo.rgb.jpeg(JPEG_QUALITY)?)?;
    }
    println!("two photographs of {} in {:.1} s", pair.before.rgb.size(), begun.elapsed().as_secs_f64());
    Ok(())
}

fn compare(folder: &Path) -> Result<(), Failure> {
    let stages = Stages::default();
    let filter = tracing_subscriber::filter::LevelFilter::DEBUG;
    let layer = stages.clone().with_filter(filter);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;

    let mm_per_px = Some(1.0 / PX_PER_MM);
    let options = Options { mm_per_px_before: mm_per_px, mm_per_px_after: mm_per_px, ..Options::default() };
    let pair = PairFiles {
        before: folder.join("before.jpg"),
        after: folder.join("after.jpg"),
        ..PairFiles::default()
    };
    let choice = match std::env::var("DERMETRIC_BENCH_GPU") {
        Ok(name) => EngineChoice::Gpu(Some(name)),
        Err(_) => EngineChoice::Cpu,
    };
    let analyzer = Analyzer::new(&choice, 0)?;
    let begun = Instant::now();
    let report = analyzer.compare(&pair, &options)?.report;
    let whole = begun.elapsed();
    println!("{:?} on {}, {}", report.status, analyzer.engine().name(), reasons(&report));
    stages.print(whole);
    if let Some(peak) = peak_memory() {
        println!("peak memory {peak}");
    }
    Ok(())
}

fn reasons(report: &dermetric::report::Report) -> String {
    report.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Most memory the process ever held, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// Time within spans, and how often each was entered, by path from the outermost.
#[derive(Debug, Clone, Default)]
struct Stages(Arc<Mutex<BTreeMap<String, (Duration, usize)>>>);

/// A span's path, and when it was entered.
struct Running(String, Instant);

/// The `name` field of a span.
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            self.0 = format!(" {value}");
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stages {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut name = Name(String::new());
        attributes.record(&mut name);
        let above = span.parent().and_then(|p| p.extensions().get::<Running>().map(|r| r.0.clone() + " › "));
        let path = format!("{}{}{}", above.unwrap_or_default(), span.name(), name.0);
        span.extensions_mut().insert(Running(path, Instant::now()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(Running(path, begun)) = span.extensions().get::<Running>() {
            let mut stages = self.0.lock().expect("no stage panicked");
            let (sum, count) = stages.entry(path.clone()).or_default();
            *sum += begun.elapsed();
            *count += 1;
        }
    }
}

impl Stages {
    fn print(&self, whole: Duration) {
        let stages = self.0.lock().expect("no stage panicked");
        let share = |sum: Duration| 100.0 * sum.as_secs_f64() / whole.as_secs_f64();
        for (path, (sum, count)) in stages.iter() {
            println!("{path:<40} {count:>3}× {:>8.2} s {:>5.1} %", sum.as_secs_f64(), share(*sum));
        }
        let outer = stages.iter().filter(|(path, _)| !path.contains('›')).map(|(_, stage)| stage.0).sum();
        println!("{:<45} {:>8.2} s {:>5.1} %", "whole", whole.as_secs_f64(), share(outer));
    }
}
