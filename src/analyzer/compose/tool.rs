//! What made the report, and when.

use sha2::{Digest, Sha256};

use crate::engine::Engine;
use crate::ops::KERNELS;
use crate::report;

/// Now, to the second.
pub(super) fn created() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// This program, its engine and its kernels.
pub(in crate::analyzer) fn tool(engine: &Engine) -> report::Tool {
    let mut hash = Sha256::new();
    for kernel in KERNELS {
        hash.update(kernel.name.as_bytes());
        hash.update(kernel.source.as_bytes());
    }
    let adapter = engine.adapter();
    report::Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.name().to_owned(),
        adapter: adapter.map(|a| a.name.clone()),
        driver: adapter.map(|a| a.driver.clone()),
        kernels_sha256: crate::sha256::hex(&hash.finalize()),
    }
}
