//! How long every pass takes on the device, and how many bytes it binds: told as events where somebody listens.

use super::super::error::EngineError;
use super::pool::BufferPool;
use super::queue::QueueThread;

/// What listens: `dermetric::kernel` at level trace.
const TARGET: &str = "dermetric::kernel";
/// Passes that are timed before they are handed over: what a query set may hold.
const PASSES: u32 = wgpu::QUERY_SET_MAX_QUERIES / 2;

/// Whether somebody listens.
pub(super) fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::TRACE)
}

/// A pass, by its kernel and entry point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    pub kernel: &'static str,
    pub entry: &'static str,
    /// Bytes of the planes it reads and writes.
    pub bytes: u64,
}

impl Pass {
    fn tell(&self, nanoseconds: Option<u64>) {
        let Self { kernel, entry, bytes } = *self;
        tracing::trace!(target: TARGET, kernel, entry, bytes, nanoseconds);
    }
}

/// Times passes by the device's own clock, where it has one.
#[derive(Debug)]
pub(super) struct Timing {
    clock: Option<Clock>,
    passes: Vec<Pass>,
}

#[derive(Debug)]
struct Clock {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    nanoseconds_per_tick: f32,
}

impl Timing {
    /// The features that time passes, as far as an adapter has them.
    pub(super) fn features(adapter: &wgpu::Adapter) -> wgpu::Features {
        if is_wanted() {
            adapter.features() & wgpu::Features::TIMESTAMP_QUERY
        } else {
            wgpu::Features::empty()
        }
    }

    /// `None` where nobody listens.
    pub(super) fn of(device: &wgpu::Device, queue: &wgpu::Queue) -> Option<Self> {
        is_wanted().then(|| {
            let has_clock = device.features().contains(wgpu::Features::TIMESTAMP_QUERY);
            Self { clock: has_clock.then(|| Clock::of(device, queue)), passes: Vec::new() }
        })
    }

    /// Where the next pass is to write its times.
    pub(super) fn next(&mut self, pass: Pass) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        let Some(clock) = &self.clock else {
            pass.tell(None);
            return None;
        };
        let first = 2 * self.passes.len() as u32;
        self.passes.push(pass);
        Some(wgpu::ComputePassTimestampWrites {
            query_set: &clock.set,
            beginning_of_pass_write_index: Some(first),
            end_of_pass_write_index: Some(first + 1),
        })
    }

    /// Whether no further pass can be timed before these are handed over.
    pub(super) fn is_full(&self) -> bool {
        self.passes.len() as u32 == PASSES
    }

    /// Hands over what is recorded, waits for it, and tells of its passes.
    pub(super) fn hand_over(
        &mut self,
        mut encoder: wgpu::CommandEncoder,
        queue: &QueueThread,
        staging: &BufferPool,
    ) -> Result<(), EngineError> {
        let passes = std::mem::take(&mut self.passes);
        let Some(clock) = self.clock.as_ref().filter(|_| !passes.is_empty()) else {
            return queue.submit(encoder.finish());
        };
        let ticks = 2 * passes.len() as u32;
        let bytes = u64::from(ticks) * 8;
        let staged = staging.take(bytes);
        encoder.resolve_query_set(&clock.set, 0..ticks, &clock.resolved, 0);
        encoder.copy_buffer_to_buffer(&clock.resolved, 0, &staged, 0, bytes);
        let told = queue.submit_and_read(encoder.finish(), staged)?.wait()?;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&told);
        for (pass, [begun, ended]) in passes.iter().zip(ticks.as_chunks().0) {
            let ticks = ended.saturating_sub(*begun) as f64;
            pass.tell(Some((ticks * f64::from(clock.nanoseconds_per_tick)) as u64));
        }
        Ok(())
    }
}

impl Clock {
    fn of(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let set = device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("times of passes"),
            ty: wgpu::QueryType::Timestamp,
            count: 2 * PASSES,
        });
        let resolved = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("times of passes"),
            size: u64::from(2 * PASSES) * 8,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Self { set, resolved, nanoseconds_per_tick: queue.get_timestamp_period() }
    }
}
