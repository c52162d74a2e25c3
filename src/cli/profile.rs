//! `--profile`: where the time went, by stages, by operators and, on a GPU, by passes of its kernels.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Spans of operators have targets below this.
const OPERATORS: &str = "dermetric::ops::";
/// Passes of kernels, and the memory of planes, are told as events of these targets.
const KERNELS: &str = "dermetric::kernel";
const MEMORY: &str = "dermetric::memory";

/// Sums over spans and passes.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    begun: Instant,
    sums: Arc<Mutex<Sums>>,
}

#[derive(Debug, Default)]
struct Sums {
    /// By path from the outermost.
    stages: BTreeMap<String, Spent>,
    /// Without what other operators took within them.
    operators: BTreeMap<String, Spent>,
    passes: BTreeMap<String, Spent>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    times: usize,
    time: Duration,
    /// What passes bound; of stages, the most that planes held while it ran.
    bytes: u64,
}

/// An open span.
struct Running {
    path: String,
    begun: Instant,
    /// What operators took within it.
    within: Duration,
    /// The most that planes held meanwhile.
    held: u64,
}

impl Profile {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), sums: Arc::default() }
    }

    /// What it listens to: this crate's stages, operators and passes.
    pub(super) fn filter() -> Targets {
        Targets::new().with_target("dermetric", tracing::Level::TRACE)
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables.
    pub(super) fn tables(&self) -> String {
        let (whole, sums) = (self.begun.elapsed().as_secs_f64(), self.sums());
        let mut text = format!("whole {whole:.2} s");
        if let Some(peak) = peak_memory() {
            let _ = write!(text, ", peak memory {peak}");
        }
        text.push('\n');
        let share = |spent: &Spent| 100.0 * spent.time.as_secs_f64() / whole;
        let row = |name: &str, spent: &Spent| {
            format!(
                "{name:<44} {:>6}× {:>8.3} s {:>5.1} %",
                spent.times,
                spent.time.as_secs_f64(),
                share(spent)
            )
        };
        text.push_str("\nstages, and the most that planes held in them on the CPU\n");
        for (path, spent) in &sums.stages {
            let _ = writeln!(text, "{} {:>7.0} MB", row(path, spent), spent.bytes as f64 / 1e6);
        }
        text.push_str("\noperators, without others within them\n");
        for (name, spent) in longest_first(&sums.operators) {
            let _ = writeln!(text, "{}", row(name, &spent));
        }
        if !sums.passes.is_empty() {
            text.push_str("\npasses on the GPU, by its own clock, and the bytes of what they bind\n");
            for (name, spent) in longest_first(&sums.passes) {
                let gigabytes = spent.bytes as f64 / 1e9;
                let _ = writeln!(text, "{} {gigabytes:>8.3} GB", row(name, &spent));
            }
        }
        text
    }
}

fn longest_first(sums: &BTreeMap<String, Spent>) -> Vec<(&str, Spent)> {
    let mut all: Vec<_> = sums.iter().map(|(name, spent)| (name.as_str(), *spent)).collect();
    all.sort_by_key(|(_, spent)| std::cmp::Reverse((spent.time, spent.bytes)));
    all
}

/// Most memory the process ever held, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?;
    Some(format!("{:.1} MB", kilobytes.trim().parse::<f64>().ok()? / 1e3))
}

/// An operator's name, `None` for a stage.
fn operator(of: &Metadata<'_>) -> Option<String> {
    of.target().strip_prefix(OPERATORS).map(|module| format!("{module}::{}", of.name()))
}

/// The fields that tell names and sizes.
#[derive(Default)]
struct Fields {
    name: String,
    kernel: String,
    entry: String,
    bytes: u64,
    nanoseconds: u64,
    live: u64,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let text = match field.name() {
            "name" => &mut self.name,
            "kernel" => &mut self.kernel,
            "entry" => &mut self.entry,
            _ => return,
        };
        value.clone_into(text);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "bytes" => self.bytes = value,
            "live" => self.live = value,
            "nanoseconds" => self.nanoseconds = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Profile {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above =
            span.parent().and_then(|p| p.extensions().get::<Running>().map(|r| r.path.clone() + " › "));
        let own = if fields.name.is_empty() { String::new() } else { format!(" {}", fields.name) };
        let path = format!("{}{}{own}", above.unwrap_or_default(), span.name());
        span.extensions_mut().insert(Running {
            path,
            begun: Instant::now(),
            within: Duration::ZERO,
            held: 0,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Running { path, begun, within, held }) = span.extensions_mut().remove::<Running>() else {
            return;
        };
        let took = begun.elapsed();
        let mut sums = self.sums();
        let spent = match operator(span.metadata()) {
            Some(name) => {
                if let Some(parent) = span.parent()
                    && let Some(outer) = parent.extensions_mut().get_mut::<Running>()
                {
                    outer.within += took;
                }
                let spent = sums.operators.entry(name).or_default();
                spent.time += took.saturating_sub(within);
                spent
            }
            None => {
                let spent = sums.stages.entry(path).or_default();
                spent.time += took;
                spent.bytes = spent.bytes.max(held);
                spent
            }
        };
        spent.times += 1;
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if event.metadata().target() == MEMORY {
            for span in context.event_scope(event).into_iter().flatten() {
                if let Some(running) = span.extensions_mut().get_mut::<Running>() {
                    running.held = running.held.max(fields.live);
                }
            }
        } else if event.metadata().target() == KERNELS {
            let mut sums = self.sums();
            let spent = sums.passes.entry(format!("{}::{}", fields.kernel, fields.entry)).or_default();
            spent.times += 1;
            spent.bytes += fields.bytes;
            spent.time += Duration::from_nanos(fields.nanoseconds);
        }
    }
}
