//! The engine that measures, and another in its place where its device goes.

use std::sync::{Arc, PoisonError, RwLock};

use super::AnalyzeError;
use crate::engine::{Engine, EngineChoice, EngineError};

/// An engine that is opened anew when its device is lost, runs out of memory or gives no answer. Nothing of a lost device is kept:
/// what it was at is begun again.
#[derive(Debug)]
pub(super) struct Standing {
    choice: EngineChoice,
    threads: usize,
    now: RwLock<Arc<Engine>>,
    /// Held for writing by work that needs all the memory there is.
    room: RwLock<()>,
}

impl Standing {
    /// The engine asked for.
    ///
    /// # Errors
    /// [`EngineError`] where it is not there.
    pub fn open(choice: &EngineChoice, threads: usize) -> Result<Self, EngineError> {
        let now = RwLock::new(Arc::new(Engine::new(choice, threads)?));
        Ok(Self { choice: choice.clone(), threads, now, room: RwLock::default() })
    }

    /// One that is open already; in its place the same adapter would be opened.
    pub fn of(engine: Engine) -> Self {
        let choice = match engine.adapter() {
            Some(adapter) => EngineChoice::Gpu(Some(adapter.index.to_string())),
            None => EngineChoice::Cpu,
        };
        Self { choice, threads: 0, now: RwLock::new(Arc::new(engine)), room: RwLock::default() }
    }

    /// What measures now.
    pub fn now(&self) -> Arc<Engine> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does `work`, once more on a fresh device where the first went, and then on the CPU where any engine may measure. Where memory
    /// was short, it is done again by itself, when what else is in flight has ended. Not to be called from a thread of an
    /// engine: it would wait for what waits for it.
    pub fn run<R>(&self, work: impl Fn(&Engine) -> Result<R, AnalyzeError>) -> Result<R, AnalyzeError> {
        let first = self.now();
        let beside_others = |engine: &Engine| {
            let _room = self.room.read().unwrap_or_else(PoisonError::into_inner);
            work(engine)
        };
        let lost = match beside_others(&first) {
            Err(AnalyzeError::Engine(error)) if error.may_pass() => error,
            done => return done,
        };
        tracing::warn!(error = %lost, "the engine failed: once more on a fresh one");
        // It may hold the memory that the fresh one needs.
        first.trim();
        let fresh = match self.in_place_of(&first, &self.choice) {
            Ok(fresh) => fresh,
            // It was there: that it is lost says more than that it does not open.
            Err(_) => return Err(lost.into()),
        };
        let again = match lost {
            EngineError::OutOfMemory(_) => {
                let _room = self.room.write().unwrap_or_else(PoisonError::into_inner);
                fresh.trim();
                work(&fresh)
            }
            _ => beside_others(&fresh),
        };
        match again {
            Err(AnalyzeError::Engine(error)) if error.may_pass() && self.choice == EngineChoice::Auto => {
                tracing::warn!(%error, "the engine failed again: the CPU measures");
                let cpu = self.in_place_of(&fresh, &EngineChoice::Cpu)?;
                beside_others(&cpu)
            }
            done => done,
        }
    }

    /// Another engine than `lost`: what another thread opened meanwhile, or a fresh one.
    fn in_place_of(&self, lost: &Arc<Engine>, choice: &EngineChoice) -> Result<Arc<Engine>, EngineError> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&now, lost) {
            *now = Arc::new(Engine::new(choice, self.threads)?);
        }
        Ok(Arc::clone(&now))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Work that fails so often, then tells the attempt; and how often it was tried.
    fn tried(
        choice: EngineChoice,
        failures: usize,
        error: &EngineError,
    ) -> (Result<usize, AnalyzeError>, usize) {
        // The engines are the CPU's: what is asked here is how often, not on what.
        let standing = Standing { choice, ..Standing::of(Engine::cpu().unwrap()) };
        let count = AtomicUsize::new(0);
        let found = standing.run(|_| {
            let attempt = count.fetch_add(1, Ordering::SeqCst) + 1;
            if attempt > failures { Ok(attempt) } else { Err(error.clone().into()) }
        });
        (found, count.into_inner())
    }

    #[test]
    fn a_lost_device_is_replaced_once_and_then_by_the_cpu_where_any_will_do() {
        let lost = EngineError::Lost("gone".to_owned());
        assert_eq!(tried(EngineChoice::Cpu, 0, &lost).0.unwrap(), 1);
        assert_eq!(tried(EngineChoice::Cpu, 1, &lost).0.unwrap(), 2);
        let (found, attempts) = tried(EngineChoice::Cpu, 9, &lost);
        assert!(matches!(found, Err(AnalyzeError::Engine(EngineError::Lost(_)))) && attempts == 2);
        assert_eq!(tried(EngineChoice::Auto, 2, &lost).0.unwrap(), 3);
        assert_eq!(tried(EngineChoice::Auto, 9, &lost).1, 3);
        // What would come again is not tried again.
        let invalid = EngineError::Invalid("a mistake".to_owned());
        assert_eq!(tried(EngineChoice::Auto, 1, &invalid).1, 1);
    }

    #[test]
    fn what_ran_out_of_memory_is_done_again_alone() {
        let standing = Standing::of(Engine::cpu().unwrap());
        let in_flight = AtomicUsize::new(0);
        let (most, beside_the_short) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        std::thread::scope(|scope| {
            for k in 0..8 {
                let (standing, in_flight) = (&standing, &in_flight);
                let (most, beside_the_short) = (&most, &beside_the_short);
                scope.spawn(move || {
                    let attempts = AtomicUsize::new(0);
                    let done = standing.run(|_| {
                        let attempt = attempts.fetch_add(1, Ordering::SeqCst);
                        let beside = in_flight.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        most.fetch_max(beside + 1, Ordering::SeqCst);
                        let is_short = k == 3 && attempt == 0;
                        if k == 3 && attempt == 1 {
                            beside_the_short.store(beside, Ordering::SeqCst);
                        }
                        in_flight.fetch_sub(1, Ordering::SeqCst);
                        if is_short {
                            Err(EngineError::OutOfMemory("short".to_owned()).into())
                        } else {
                            Ok(())
                        }
                    });
                    assert!(done.is_ok());
                });
            }
        });
        assert!(most.into_inner() > 1, "others go side by side");
        assert_eq!(beside_the_short.into_inner(), 0);
    }

    #[test]
    fn one_fresh_engine_serves_all_who_lost_the_same() {
        let standing = Standing::of(Engine::cpu().unwrap());
        let lost = standing.now();
        let one = standing.in_place_of(&lost, &EngineChoice::Cpu).unwrap();
        let other = standing.in_place_of(&lost, &EngineChoice::Cpu).unwrap();
        assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &lost));
    }
}
