//! A whole pair, decoded already: [`Analyzer::compare_photos`] on the demonstration's 1 MP and on
//! 24 MP, on the CPU and, where `DERMETRIC_BENCH_GPU` names an adapter, on that.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{DemoOptions, Rgb8, demo_pair};
use dermetric::photo::{Limits, Photo, load};

/// Names, and width and height of the skin. The finest working grid, 20 px/mm: nothing is reduced.
const PAIRS: [(&str, [f64; 2]); 2] = [("1 MP", [50.0, 50.0]), ("24 MP", [300.0, 200.0])];
const PX_PER_MM: f64 = 20.0;

/// A photograph as it comes back from its file.
fn photo(folder: &std::path::Path, rgb: &Rgb8) -> Photo {
    let path = folder.join("photo.jpg");
    std::fs::write(&path, rgb.jpeg(95).expect("a JPEG")).expect("a file");
    load(&path, &Limits::default()).expect("a photograph")
}

fn pairs(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut choices = vec![EngineChoice::Cpu];
    choices.extend(std::env::var("DERMETRIC_BENCH_GPU").ok().map(|name| EngineChoice::Gpu(Some(name))));
    let mm_per_px = Some(1.0 / PX_PER_MM);
    let options = Options { mm_per_px_before: mm_per_px, mm_per_px_after: mm_per_px, ..Options::default() };
    for (name, size_mm) in PAIRS {
        let pair = demo_pair(&DemoOptions { size_mm, px_per_mm: PX_PER_MM, ..DemoOptions::default() })
            .expect("the demonstration");
        let before = [photo(folder.path(), &pair.before.rgb)];
        let after = [photo(folder.path(), &pair.after.rgb)];
        drop(pair);
        for choice in &choices {
            let analyzer = Analyzer::new(choice, 0).expect("an engine");
            let mut group = criterion.benchmark_group(format!("pair {}", analyzer.engine().name()));
            group.sample_size(10).warm_up_time(Duration::from_millis(1));
            group.bench_function(name, |bencher| {
                bencher.iter(|| analyzer.compare_photos(&before, &after, &options).expect("a report"));
            });
            group.finish();
        }
    }
}

criterion_group!(benches, pairs);
criterion_main!(benches);
