//! Arithmetic on every pixel: what joins the other operators.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/pointwise.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "pointwise", source: include_str!("../../shaders/pointwise.wgsl") };

/// Pixels a CPU task takes at once.
const CHUNK: usize = 1 << 14;

/// One step on the planes `a` and `b` and the number `s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    /// a + b
    Add,
    /// a − b
    Subtract,
    /// a · b
    Multiply,
    /// a / b where b ≥ s, else 0
    DivideWhere(f32),
    /// a + s · b
    AddScaled(f32),
    /// max(a − s, 0) · b: the excess over a threshold within a mask
    Excess(f32),
    /// b where a ≥ s, else 0: a threshold within a mask
    KeepAtLeast(f32),
    /// b where a < s, else 0
    KeepBelow(f32),
    /// √max(a, 0) · b
    SqrtWithin,
    /// b − a · b: mask b without mask a
    Without,
    /// max(a, b): the union of two masks
    Max,
    /// min(a, b)
    Min,
    /// s · b
    Scale(f32),
}

impl Op {
    fn code(self) -> u32 {
        match self {
            Self::Add => 0,
            Self::Subtract => 1,
            Self::Multiply => 2,
            Self::DivideWhere(_) => 3,
            Self::AddScaled(_) => 4,
            Self::Excess(_) => 5,
            Self::KeepAtLeast(_) => 6,
            Self::KeepBelow(_) => 7,
            Self::SqrtWithin => 8,
            Self::Without => 9,
            Self::Max => 10,
            Self::Scale(_) => 11,
            Self::Min => 12,
        }
    }

    fn scalar(self) -> f32 {
        match self {
            Self::DivideWhere(s)
            | Self::AddScaled(s)
            | Self::Excess(s)
            | Self::KeepAtLeast(s)
            | Self::KeepBelow(s)
            | Self::Scale(s) => s,
            _ => 0.0,
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    scalar: f32,
}

/// `op` on every pixel of `a` and `b`.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn pointwise(engine: &Engine, op: Op, a: &Plane, b: &Plane) -> Result<Plane, EngineError> {
    assert_eq!(a.size(), b.size(), "pointwise planes have one size");
    let size = a.size();
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => twin(op, a.host(), b.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "pointwise")
                .constant("OP", f64::from(op.code()))
                .params(&Params { len: size.area() as u32, scalar: op.scalar() })
                .bind(1, a)
                .bind(2, b)
                .bind(3, &output)
                .over_list(size.area()),
        )?,
    }
    Ok(output)
}

fn twin(op: Op, a: &[f32], b: &[f32], output: &mut [f32]) {
    // One loop a step, so that each can be vectorized.
    macro_rules! every {
        (|$x:ident, $y:ident| $value:expr) => {
            output.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).zip(b.par_chunks(CHUNK)).for_each(
                |((output, a), b)| {
                    widest!(move || {
                        for ((output, &$x), &$y) in output.iter_mut().zip(a).zip(b) {
                            *output = $value;
                        }
                    })
                },
            )
        };
    }
    match op {
        Op::Add => every!(|x, y| x + y),
        Op::Subtract => every!(|x, y| x - y),
        Op::Multiply => every!(|x, y| x * y),
        Op::DivideWhere(s) => every!(|x, y| if y >= s { x / y } else { 0.0 }),
        Op::AddScaled(s) => every!(|x, y| x + s * y),
        Op::Excess(s) => every!(|x, y| (x - s).max(0.0) * y),
        Op::KeepAtLeast(s) => every!(|x, y| if x >= s { y } else { 0.0 }),
        Op::KeepBelow(s) => every!(|x, y| if x < s { y } else { 0.0 }),
        Op::SqrtWithin => every!(|x, y| x.max(0.0).sqrt() * y),
        Op::Without => every!(|x, y| y - x * y),
        Op::Max => every!(|x, y| x.max(y)),
        Op::Min => every!(|x, y| x.min(y)),
        Op::Scale(s) => every!(|_x, y| s * y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, noise, odd_sizes};

    const ALL: [(Op, f32); 13] = [
        // Each step at a = 3, b = 4, worked by hand.
        (Op::Add, 7.0),
        (Op::Subtract, -1.0),
        (Op::Multiply, 12.0),
        (Op::DivideWhere(0.5), 0.75),
        (Op::AddScaled(-2.0), -5.0),
        (Op::Excess(1.0), 8.0),
        (Op::KeepAtLeast(3.0), 4.0),
        (Op::KeepBelow(3.0), 0.0),
        (Op::SqrtWithin, 6.928_203),
        (Op::Without, -8.0),
        (Op::Max, 4.0),
        (Op::Scale(2.5), 10.0),
        (Op::Min, 3.0),
    ];

    #[test]
    fn every_step_is_what_its_name_says() {
        let engine = Engine::cpu().unwrap();
        let size = crate::geometry::Size::new(1, 1);
        for (op, expected) in ALL {
            let a = engine.upload(size, &[3.0f32]).unwrap();
            let b = engine.upload(size, &[4.0f32]).unwrap();
            let found = engine.download(&pointwise(&engine, op, &a, &b).unwrap()).unwrap()[0];
            assert!((found - expected).abs() < 1e-5, "{op:?}: {found}, expected {expected}");
        }
    }

    #[test]
    fn division_by_little_is_void() {
        let engine = Engine::cpu().unwrap();
        let size = crate::geometry::Size::new(3, 1);
        let a = engine.upload(size, &[1.0f32, 1.0, 1.0]).unwrap();
        let b = engine.upload(size, &[0.0f32, 0.49, 0.5]).unwrap();
        let found = engine.download(&pointwise(&engine, Op::DivideWhere(0.5), &a, &b).unwrap()).unwrap();
        assert_eq!(found, [0.0, 0.0, 2.0]);
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for (op, _) in ALL {
                assert_parity(1e-6, |engine| {
                    let a = engine.upload_raster(&noise(size, 1))?;
                    let b = engine.upload_raster(&noise(size, 2))?;
                    engine.download(&pointwise(engine, op, &a, &b)?)
                });
            }
        }
    }
}
