//! The GPU engine: the one place that owns a device.

pub mod adapters;
mod kernel;
pub(super) mod pool;
mod queue;
mod timing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use adapters::AdapterSummary;
pub(crate) use kernel::Dispatch;
pub use kernel::{Kernel, LINE, TILE};

use self::pool::BufferPool;
use self::queue::{Health, QueueThread};
use self::timing::{Pass, Timing};
use super::error::EngineError;
use super::grid::{Element, Grid};
use crate::geometry::Size;

/// How long a hardware GPU may take for one answer.
const HARDWARE_TIME_OUT: Duration = Duration::from_secs(30);
/// A software adapter on a busy machine has no watchdog, only patience.
const SOFTWARE_TIME_OUT: Duration = Duration::from_secs(600);
/// Bytes bound by recorded passes before they are submitted: at a tenth of a GPU's bandwidth
/// this stays well under the 100 ms after which some systems reset a device.
const BYTES_PER_SUBMISSION: u64 = 1 << 30;

type PipelineKey = (&'static str, &'static str, Vec<(&'static str, u64)>);

/// A device with its pipelines and buffers. Operators record into it; nothing runs until a
/// result is read or enough is recorded.
#[derive(Debug)]
pub struct Gpu {
    adapter: AdapterSummary,
    device: wgpu::Device,
    health: Arc<Health>,
    planes: Arc<BufferPool>,
    staging: Arc<BufferPool>,
    modules: Mutex<HashMap<&'static str, wgpu::ShaderModule>>,
    pipelines: Mutex<HashMap<PipelineKey, wgpu::ComputePipeline>>,
    recording: Mutex<Recording>,
    queue: QueueThread,
}

#[derive(Debug, Default)]
struct Recording {
    encoder: Option<wgpu::CommandEncoder>,
    bytes: u64,
    timing: Option<Timing>,
}

impl Gpu {
    /// Opens the adapter that `selector` names (index, PCI address or part of its name), or the
    /// best hardware adapter.
    ///
    /// # Errors
    /// [`EngineError::NoAdapter`], [`EngineError::Open`].
    pub fn open(selector: Option<&str>) -> Result<Self, EngineError> {
        let (summary, adapter) = adapters::select(selector)?;
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("dermetric"),
            required_features: Timing::features(&adapter),
            required_limits: adapter.limits(),
            ..Default::default()
        }))
        .map_err(|e| EngineError::Open { adapter: summary.name.clone(), message: e.to_string() })?;

        let health = Arc::new(Health::default());
        let lost = Arc::clone(&health);
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.fail(EngineError::Lost(message));
            }
        });
        let failed = Arc::clone(&health);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            failed.fail(match error {
                wgpu::Error::OutOfMemory { source } => EngineError::OutOfMemory(source.to_string()),
                other => EngineError::Invalid(other.to_string()),
            });
        }));

        let planes = Arc::new(BufferPool::new(
            &device,
            "plane",
            wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        ));
        let staging = Arc::new(BufferPool::new(
            &device,
            "staging",
            wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        ));
        let timing = Timing::of(&device, &queue);
        let time_out = if summary.software { SOFTWARE_TIME_OUT } else { HARDWARE_TIME_OUT };
        let queue =
            QueueThread::start(device.clone(), queue, Arc::clone(&health), Arc::clone(&staging), time_out)?;
        Ok(Self {
            adapter: summary,
            device,
            health,
            planes,
            staging,
            modules: Mutex::default(),
            pipelines: Mutex::default(),
            recording: Mutex::new(Recording { timing, ..Recording::default() }),
            queue,
        })
    }

    /// What runs the kernels.
    pub fn adapter(&self) -> &AdapterSummary {
        &self.adapter
    }

    pub(super) fn grid<T: Element>(&self, size: Size) -> Result<Grid<T>, EngineError> {
        let bytes = plane_bytes(size);
        if bytes > self.adapter.max_binding_bytes {
            return Err(EngineError::TooLarge { size, needed: bytes, limit: self.adapter.max_binding_bytes });
        }
        Ok(Grid::on_device(size, self.planes.take(bytes), Arc::clone(&self.planes)))
    }

    pub(super) fn upload<T: Element>(&self, size: Size, values: &[T]) -> Result<Grid<T>, EngineError> {
        let grid = self.grid(size)?;
        // A plane from the pool may still be read by recorded work, so the values travel through
        // a buffer of their own, in order.
        let source =
            self.filled_buffer("upload", wgpu::BufferUsages::COPY_SRC, bytemuck::cast_slice(values))?;
        let bytes = plane_bytes(size);
        self.record(bytes, |encoder, _| {
            encoder.copy_buffer_to_buffer(&source, 0, grid.buffer(), 0, bytes);
        })?;
        Ok(grid)
    }

    pub(super) fn download<T: Element>(&self, grid: &Grid<T>) -> Result<Vec<T>, EngineError> {
        let bytes = plane_bytes(grid.size());
        let staging = self.staging.take(bytes);
        let mut recording = self.recording();
        let mut encoder = self.encoder(&mut recording);
        encoder.copy_buffer_to_buffer(grid.buffer(), 0, &staging, 0, bytes);
        recording.bytes = 0;
        if let Some(timing) = &mut recording.timing {
            timing.hand_over(encoder, &self.queue, &self.staging)?;
            encoder = self.encoder(&mut recording);
        }
        // The lock is held until the job is in the queue: what is recorded later may write to
        // buffers that these commands still read.
        let answer = self.queue.submit_and_read(encoder.finish(), staging)?;
        drop(recording);
        let bytes = answer.wait()?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// Sets every value of a plane to zero.
    pub(crate) fn clear<T: Element>(&self, grid: &Grid<T>) -> Result<(), EngineError> {
        self.record(plane_bytes(grid.size()), |encoder, _| encoder.clear_buffer(grid.buffer(), 0, None))
    }

    /// Records one run of a kernel.
    pub(crate) fn run(&self, dispatch: Dispatch<'_>) -> Result<(), EngineError> {
        let pipeline = self.pipeline(&dispatch);
        let params = match &dispatch.params {
            Some(bytes) => Some(self.filled_buffer("parameters", wgpu::BufferUsages::UNIFORM, bytes)?),
            None => None,
        };
        let mut entries = Vec::with_capacity(dispatch.bindings.len() + 1);
        if let Some(params) = &params {
            entries.push(wgpu::BindGroupEntry { binding: 0, resource: params.as_entire_binding() });
        }
        let mut bytes = 0;
        for (binding, buffer) in &dispatch.bindings {
            bytes += buffer.size();
            entries.push(wgpu::BindGroupEntry { binding: *binding, resource: buffer.as_entire_binding() });
        }
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(dispatch.entry),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let told = Pass { kernel: dispatch.kernel.name, entry: dispatch.entry, bytes };
        self.record(bytes, |encoder, timing| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some(dispatch.entry),
                timestamp_writes: timing.and_then(|timing| timing.next(told)),
            });
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &group, &[]);
            let [x, y, z] = dispatch.groups;
            pass.dispatch_workgroups(x, y, z);
        })
    }

    /// How many times work was handed to the device.
    pub fn submissions(&self) -> u64 {
        self.health.submissions()
    }

    /// Has the device go when work is handed to it for the so many-th time, as it may in the field: to test what follows.
    pub fn goes_at(&self, submission: u64) {
        self.health.goes_at(submission);
    }

    /// Other photographs begin.
    pub(super) fn begin(&self) {
        self.planes.begin();
        self.staging.begin();
    }

    /// Frees what the pools hold; the next photographs may have other sizes.
    pub fn trim(&self) {
        self.planes.clear();
        self.staging.clear();
    }

    fn filled_buffer(
        &self,
        label: &str,
        usage: wgpu::BufferUsages,
        bytes: &[u8],
    ) -> Result<wgpu::Buffer, EngineError> {
        let size = (bytes.len() as u64).next_multiple_of(16).max(16);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: true,
        });
        self.health.check()?;
        buffer
            .get_mapped_range_mut(..bytes.len() as u64)
            .map_err(|e| EngineError::Invalid(e.to_string()))?
            .copy_from_slice(bytes);
        buffer.unmap();
        Ok(buffer)
    }

    fn pipeline(&self, dispatch: &Dispatch<'_>) -> wgpu::ComputePipeline {
        let constants: Vec<_> =
            dispatch.constants.iter().map(|(name, value)| (*name, value.to_bits())).collect();
        let key = (dispatch.kernel.name, dispatch.entry, constants);
        let mut pipelines = self.pipelines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        pipelines
            .entry(key)
            .or_insert_with(|| {
                self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(dispatch.entry),
                    layout: None,
                    module: &self.module(dispatch.kernel),
                    entry_point: Some(dispatch.entry),
                    compilation_options: wgpu::PipelineCompilationOptions {
                        constants: &dispatch.constants,
                        // Every kernel writes its workgroup memory before it reads it.
                        zero_initialize_workgroup_memory: false,
                    },
                    cache: None,
                })
            })
            .clone()
    }

    fn module(&self, kernel: &'static Kernel) -> wgpu::ShaderModule {
        let mut modules = self.modules.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        modules
            .entry(kernel.name)
            .or_insert_with(|| {
                self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
                    label: Some(kernel.name),
                    source: wgpu::ShaderSource::Wgsl(kernel.source.into()),
                })
            })
            .clone()
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn encoder(&self, recording: &mut Recording) -> wgpu::CommandEncoder {
        recording.encoder.take().unwrap_or_else(|| {
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("operators") })
        })
    }

    fn record(
        &self,
        bytes: u64,
        commands: impl FnOnce(&mut wgpu::CommandEncoder, Option<&mut Timing>),
    ) -> Result<(), EngineError> {
        self.health.check()?;
        let mut recording = self.recording();
        let mut encoder = self.encoder(&mut recording);
        commands(&mut encoder, recording.timing.as_mut());
        recording.bytes += bytes;
        let is_full = recording.timing.as_ref().is_some_and(Timing::is_full);
        if recording.bytes < BYTES_PER_SUBMISSION && !is_full {
            recording.encoder = Some(encoder);
            return Ok(());
        }
        recording.bytes = 0;
        match &mut recording.timing {
            Some(timing) => timing.hand_over(encoder, &self.queue, &self.staging),
            None => self.queue.submit(encoder.finish()),
        }
    }
}

fn plane_bytes(size: Size) -> u64 {
    (size.area() as u64 * 4).max(4)
}
