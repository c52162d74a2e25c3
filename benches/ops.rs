//! Each operator on a plane of 4 MP: the CPU twin, and the kernel on a GPU where
//! `DERMETRIC_BENCH_GPU` names an adapter.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use dermetric::engine::{Engine, EngineChoice, Labels, Plane};
use dermetric::geometry::Size;
use dermetric::ops::pointwise::{Op, pointwise};
use dermetric::ops::resample::{ClipLimits, Encoded, resample};
use dermetric::ops::unmix::{DEFAULT_ANALYSIS, unmix};
use dermetric::ops::warp::{Lattice, block_labels, warp_linear, warp_nearest};
use dermetric::ops::{
    autocorrelation, components, cooccurrence, gaussian, gradient, hessian, histogram, lab, label_sums,
    local_median, morphology, pyramid, quantile, sums,
};

const SIZE: Size = Size { width: 2048, height: 2048 };
/// Fine texture, the hair's line, pores and relief, and the widest background, in pixels.
const SIGMAS_PX: [f64; 4] = [1.0, 4.0, 15.0, 60.0];

/// What the operators work on.
struct Planes {
    a: Plane,
    rgb: [Plane; 3],
    /// One where skin would be.
    mask: Plane,
    /// Some thousand small objects.
    spots: Plane,
    labels: Labels,
    count: u32,
    encoded: Vec<u8>,
}

impl Planes {
    fn new(engine: &Engine) -> Self {
        let mut state = 1u32;
        let noise: Vec<f32> = (0..SIZE.area())
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0
            })
            .collect();
        let shifted = |by: usize| {
            let values: Vec<f32> =
                (0..noise.len()).map(|i| 0.1 + 0.8 * noise[(i + by) % noise.len()]).collect();
            engine.upload(SIZE, &values).expect("a plane of 4 MP")
        };
        let upload = |f: &dyn Fn(u32, u32) -> bool| {
            let ones: Vec<f32> = (0..SIZE.height)
                .flat_map(|y| (0..SIZE.width).map(move |x| (x, y)))
                .map(|(x, y)| f32::from(f(x, y)))
                .collect();
            engine.upload(SIZE, &ones).expect("a plane of 4 MP")
        };
        let mask = upload(&|x, y| x > 100 && y > 100 && (x + y) % 97 != 0);
        let spots = upload(&|x, y| x % 32 < 9 && y % 32 < 9);
        let (labels, count) = block_labels(engine, 64, &mask).expect("blocks");
        let encoded = noise.iter().flat_map(|v| [(v * 200.0) as u8 + 20, 120, 90, 255]).collect();
        Self { a: shifted(0), rgb: [shifted(0), shifted(1), shifted(2)], mask, spots, labels, count, encoded }
    }
}

fn operators(criterion: &mut Criterion) {
    let cpu = Engine::cpu().expect("threads");
    measure(criterion, &cpu);
    if let Ok(adapter) = std::env::var("DERMETRIC_BENCH_GPU") {
        measure(criterion, &Engine::new(&EngineChoice::Gpu(Some(adapter)), 0).expect("the adapter"));
    }
}

fn measure(criterion: &mut Criterion, engine: &Engine) {
    let planes = engine.install(|| Planes::new(engine));
    let mut group = criterion.benchmark_group(engine.name());
    group.throughput(Throughput::Elements(SIZE.area() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    filters(&mut group, engine, &planes);
    pixels(&mut group, engine, &planes);
    numbers(&mut group, engine, &planes);
    objects(&mut group, engine, &planes);
    group.finish();
}

/// Runs `operator` and waits for it: reading one value back makes a GPU finish.
fn run<R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &Engine,
    name: &str,
    operator: impl Fn() -> R + Send + Sync,
) where
    R: Send,
{
    let probe = engine.upload(Size::new(1, 1), &[0.0f32]).expect("one value");
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            engine.install(|| {
                black_box(operator());
                black_box(engine.download(&probe).expect("one value"));
            });
        });
    });
}

fn filters(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine, p: &Planes) {
    for sigma in SIGMAS_PX {
        run(group, engine, &format!("gaussian σ {sigma}"), || gaussian::gaussian(engine, &p.a, sigma));
    }
    for window in [20, 60] {
        run(group, engine, &format!("local_median {window} px"), || {
            local_median::local_median(engine, &p.a, &p.mask, window)
        });
    }
    run(group, engine, "gradient", || gradient::gradient_magnitude(engine, &p.a));
    run(group, engine, "hessian", || hessian::principal_curvatures(engine, &p.a));
    run(group, engine, "pyramid reduce 4", || pyramid::reduce(engine, &p.a, 4));
}

fn pixels(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine, p: &Planes) {
    run(group, engine, "pointwise multiply", || pointwise(engine, Op::Multiply, &p.a, &p.mask));
    run(group, engine, "unmix", || unmix(engine, &p.rgb, DEFAULT_ANALYSIS.melanin));
    run(group, engine, "lab", || lab::lab_from_linear_rgb(engine, &p.rgb[0], &p.rgb[1], &p.rgb[2]));
    for factor in [1.0, 0.7] {
        run(group, engine, &format!("resample {factor}"), || {
            resample(engine, Encoded::Rgba8(&p.encoded), SIZE, factor, ClipLimits { low: 5, high: 250 })
        });
    }
    let lattice = Lattice::from_fn(SIZE, 32, |x, y| (0.99 * x + 0.02 * y, 0.99 * y - 0.02 * x + 30.0));
    run(group, engine, "warp_nearest", || warp_nearest(engine, &p.mask, SIZE, &lattice));
    run(group, engine, "warp_linear", || warp_linear(engine, &p.a, SIZE, &lattice));
}

fn numbers(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine, p: &Planes) {
    run(group, engine, "moments", || sums::moments(engine, &p.a, &p.mask, 0.5));
    run(group, engine, "quantiles", || quantile::quantiles(engine, &p.a, &p.mask, &[0.05, 0.5, 0.95]));
    run(group, engine, "histogram", || histogram::histogram(engine, &p.a, &p.mask, 0.0, 1.0, 256));
    run(group, engine, "cooccurrence", || cooccurrence::features(engine, &p.a, &p.mask, (0.0, 1.0), 32, 2));
    run(group, engine, "autocorrelation 80 px", || autocorrelation::decay(engine, &p.a, &p.mask, 80.0));
}

fn objects(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine, p: &Planes) {
    run(group, engine, "components", || components::label(engine, &p.spots));
    run(group, engine, "fill_holes", || components::fill_holes(engine, &p.spots));
    run(group, engine, "label_sums", || {
        label_sums::label_sums(engine, &p.labels, p.count, &[&p.a, &p.mask], 1.0)
    });
    run(group, engine, "label_sums, masked", || {
        label_sums::masked_label_sums(engine, &p.labels, p.count, &p.a, &p.mask, 1.0)
    });
    run(group, engine, "label_geometry", || label_sums::label_geometry(engine, &p.labels, p.count));
    for radius in [4.0, 20.0] {
        run(group, engine, &format!("dilate {radius} px"), || morphology::dilate(engine, &p.spots, radius));
    }
}

criterion_group!(benches, operators);
criterion_main!(benches);
