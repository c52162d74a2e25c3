//! What can go wrong inside an engine.

use crate::geometry::Size;

/// Why an engine could not be opened or could not finish.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The GPU asked for is not there.
    #[error("no GPU {wanted}; found: {found}")]
    NoAdapter {
        /// What was asked for, in words.
        wanted: String,
        /// The adapters that are there, in words.
        found: String,
    },
    /// The driver would not open the adapter.
    #[error("the GPU {adapter} does not open: {message}")]
    Open {
        /// Adapter name.
        adapter: String,
        /// What the driver said.
        message: String,
    },
    /// A plane passes the device's limit for one binding.
    #[error("a {size} plane needs {needed} bytes; one binding of this GPU holds {limit}")]
    TooLarge {
        /// Size of the plane.
        size: Size,
        /// Bytes it would take.
        needed: u64,
        /// Bytes one binding may have.
        limit: u64,
    },
    /// The device went away; pending results cannot be trusted.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// The device ran out of memory.
    #[error("the GPU is out of memory: {0}")]
    OutOfMemory(String),
    /// The device refused a command: a mistake in a kernel or its dispatch.
    #[error("the GPU refused a command: {0}")]
    Invalid(String),
    /// A result did not arrive in time.
    #[error("the GPU gave no answer within {0} s")]
    TimedOut(u64),
    /// The system gave no threads.
    #[error("the system gave no threads: {0}")]
    Threads(String),
}

impl EngineError {
    /// Whether a fresh engine, or a quieter moment, may do better.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::OutOfMemory(_) | Self::TimedOut(_))
    }
}
