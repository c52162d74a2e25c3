//! What runs the operators: a GPU through wgpu, or the CPU through rayon.
//!
//! [`Engine`] is the one interface above both. It hands out planes ([`Grid`]) from pools, moves
//! them in and out, and tells the operators in [`crate::ops`] which of their two twins to run.
//! It does not know what a scar is.

mod budget;
mod cpu;
mod error;
pub mod gpu;
mod grid;
mod resting;

pub use cpu::Cpu;
pub use error::EngineError;
pub use gpu::{AdapterSummary, Gpu, Kernel};
pub use grid::{Element, Grid, Labels, Plane};
pub use resting::Resting;

use crate::geometry::Size;
use crate::large::with_room;
use crate::raster::Raster;

/// Which engine the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// A hardware GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// A GPU, or an error. With a selector, that one and no other; a software adapter counts
    /// only when it is named.
    Gpu(Option<String>),
    /// The CPU.
    Cpu,
}

/// Runs operators. Create one and share it: it is immutable and safe to use from many threads.
#[derive(Debug)]
pub struct Engine {
    backend: Backend,
    threads: rayon::ThreadPool,
}

/// Which twin an operator runs.
#[derive(Debug)]
pub enum Backend {
    /// Native Rust over rayon.
    Cpu(Cpu),
    /// WGSL on a wgpu device.
    Gpu(Box<Gpu>),
}

impl Engine {
    /// The engine asked for, with `threads` CPU threads (0: one for each core).
    ///
    /// # Errors
    /// [`EngineError::NoAdapter`] where the GPU asked for is not there.
    pub fn new(choice: &EngineChoice, threads: usize) -> Result<Self, EngineError> {
        let backend = match choice {
            EngineChoice::Cpu => Backend::Cpu(Cpu::default()),
            EngineChoice::Gpu(selector) => Backend::Gpu(Box::new(Gpu::open(selector.as_deref())?)),
            EngineChoice::Auto if !gpu::adapters::hardware_is_possible() => {
                tracing::debug!("no device file of a GPU: the CPU measures");
                Backend::Cpu(Cpu::default())
            }
            EngineChoice::Auto => match Gpu::open(None) {
                Ok(gpu) => Backend::Gpu(Box::new(gpu)),
                Err(reason) => {
                    tracing::debug!(%reason, "no hardware GPU: the CPU measures");
                    Backend::Cpu(Cpu::default())
                }
            },
        };
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("dermetric-{i}"))
            .build()
            .map_err(|e| EngineError::Threads(e.to_string()))?;
        Ok(Self { backend, threads })
    }

    /// The CPU engine, on every core.
    ///
    /// # Errors
    /// [`EngineError::Threads`] where the system gives no threads.
    pub fn cpu() -> Result<Self, EngineError> {
        Self::new(&EngineChoice::Cpu, 0)
    }

    /// Which twin runs.
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// `gpu` or `cpu`, as it stands in a report.
    pub fn name(&self) -> &'static str {
        match self.backend {
            Backend::Cpu(_) => "cpu",
            Backend::Gpu(_) => "gpu",
        }
    }

    /// The adapter that runs the kernels, on a GPU.
    pub fn adapter(&self) -> Option<&AdapterSummary> {
        match &self.backend {
            Backend::Cpu(_) => None,
            Backend::Gpu(gpu) => Some(gpu.adapter()),
        }
    }

    /// Frees the memory that is kept for planes to come.
    pub fn trim(&self) {
        match &self.backend {
            Backend::Cpu(cpu) => cpu.trim(),
            Backend::Gpu(gpu) => gpu.trim(),
        }
    }

    /// Other photographs begin: the CPU keeps no memory of planes for them, a GPU none for long that these do not need.
    pub fn begin(&self) {
        match &self.backend {
            Backend::Cpu(cpu) => cpu.begin(),
            Backend::Gpu(gpu) => gpu.begin(),
        }
    }

    /// Runs `work` with this engine's CPU threads under every parallel loop in it.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.threads.install(work)
    }

    /// A plane whose values are unspecified until an operator writes them.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where a plane would pass the binding limit of the device.
    pub fn grid<T: Element>(&self, size: Size) -> Result<Grid<T>, EngineError> {
        match &self.backend {
            Backend::Cpu(cpu) => Ok(cpu.grid(size)),
            Backend::Gpu(gpu) => gpu.grid(size),
        }
    }

    /// A plane with the given values, row by row.
    ///
    /// # Errors
    /// As [`Engine::grid`].
    pub fn upload<T: Element>(&self, size: Size, values: &[T]) -> Result<Grid<T>, EngineError> {
        assert_eq!(values.len(), size.area(), "a {size} plane holds width x height values");
        match &self.backend {
            Backend::Cpu(cpu) => {
                let mut grid = cpu.grid(size);
                grid.host_mut().copy_from_slice(values);
                Ok(grid)
            }
            Backend::Gpu(gpu) => gpu.upload(size, values),
        }
    }

    /// [`Engine::upload`] of a raster.
    ///
    /// # Errors
    /// As [`Engine::grid`].
    pub fn upload_raster<T: Element>(&self, raster: &Raster<T>) -> Result<Grid<T>, EngineError> {
        self.upload(raster.size(), raster.data())
    }

    /// The plane's values, row by row. Meant for what is small: the engines measure where the
    /// planes are.
    ///
    /// # Errors
    /// [`EngineError::Lost`], [`EngineError::TimedOut`] on a GPU.
    pub fn download<T: Element>(&self, grid: &Grid<T>) -> Result<Vec<T>, EngineError> {
        match &self.backend {
            Backend::Cpu(_) => {
                let mut values = with_room(grid.host().len());
                values.extend_from_slice(grid.host());
                Ok(values)
            }
            Backend::Gpu(gpu) => gpu.download(grid),
        }
    }

    /// [`Engine::download`] into a raster.
    ///
    /// # Errors
    /// As [`Engine::download`].
    pub fn download_raster<T: Element>(&self, grid: &Grid<T>) -> Result<Raster<T>, EngineError> {
        Ok(Raster::from_vec(grid.size(), self.download(grid)?))
    }
}
