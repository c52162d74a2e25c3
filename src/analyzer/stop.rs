//! Why a stage goes no further.

use super::registration::Aligned;
use crate::engine::EngineError;
use crate::reason::Reason;

/// Why a stage goes no further.
#[derive(Debug)]
pub(super) enum Stop {
    /// The photographs cannot be measured, or compared.
    Refused {
        /// How far registration came.
        aligned: Option<Box<Aligned>>,
        reasons: Vec<Reason>,
    },
    /// The engine gave up.
    Failed(EngineError),
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl From<Vec<Reason>> for Stop {
    fn from(reasons: Vec<Reason>) -> Self {
        Self::Refused { aligned: None, reasons }
    }
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        vec![reason].into()
    }
}
