//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;

/// A flag that the first Ctrl-C sets where `finish` is true; the second, or the first where it is
/// not, ends the program.
pub(super) fn listen(finish: bool) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let heard = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) || !finish {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    if let Err(error) = heard {
        tracing::warn!(%error, "Ctrl-C ends the program at once");
    }
    stop
}
