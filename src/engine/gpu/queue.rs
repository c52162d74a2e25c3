//! The one thread that submits and polls. Everything else only records.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::super::error::EngineError;
use super::pool::BufferPool;

/// Whether the device still stands, shared by its callbacks, the queue thread and the engine: a
/// map that is pending when the device goes can report success, so this flag has the last word.
#[derive(Debug, Default)]
pub(super) struct Health {
    failure: Mutex<Option<EngineError>>,
    /// Submissions so far, and the one at which the device is to go: 0 is none.
    submissions: AtomicU64,
    goes_at: AtomicU64,
}

impl Health {
    pub(super) fn submissions(&self) -> u64 {
        self.submissions.load(Ordering::SeqCst)
    }

    pub(super) fn goes_at(&self, submission: u64) {
        self.goes_at.store(submission, Ordering::SeqCst);
    }

    /// Keeps the first failure; what follows is its consequence.
    pub(super) fn fail(&self, error: EngineError) {
        let mut failure = self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        failure.get_or_insert(error);
    }

    pub(super) fn check(&self) -> Result<(), EngineError> {
        match &*self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }
}

struct Job {
    commands: wgpu::CommandBuffer,
    read: Option<Read>,
}

struct Read {
    staging: wgpu::Buffer,
    reply: SyncSender<Result<Vec<u8>, EngineError>>,
}

/// Bytes on their way back.
pub(super) struct Answer(Receiver<Result<Vec<u8>, EngineError>>);

impl Answer {
    pub(super) fn wait(self) -> Result<Vec<u8>, EngineError> {
        self.0.recv().unwrap_or_else(|_| Err(EngineError::Lost("the queue thread ended".to_owned())))
    }
}

/// Owns the wgpu queue, on its own thread.
#[derive(Debug)]
pub(super) struct QueueThread {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl QueueThread {
    pub(super) fn start(
        device: wgpu::Device,
        queue: wgpu::Queue,
        health: Arc<Health>,
        staging: Arc<BufferPool>,
        time_out: Duration,
    ) -> Result<Self, EngineError> {
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("dermetric-gpu".to_owned())
            .spawn(move || Submitter { device, queue, health, staging, time_out }.run(&inbox))
            .map_err(|e| EngineError::Threads(e.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn submit(&self, commands: wgpu::CommandBuffer) -> Result<(), EngineError> {
        self.send(Job { commands, read: None })
    }

    /// Submits; the answer is what the commands leave in `staging`.
    pub(super) fn submit_and_read(
        &self,
        commands: wgpu::CommandBuffer,
        staging: wgpu::Buffer,
    ) -> Result<Answer, EngineError> {
        let (reply, answer) = sync_channel(1);
        self.send(Job { commands, read: Some(Read { staging, reply }) })?;
        Ok(Answer(answer))
    }

    fn send(&self, job: Job) -> Result<(), EngineError> {
        self.jobs
            .as_ref()
            .and_then(|jobs| jobs.send(job).ok())
            .ok_or_else(|| EngineError::Lost("the queue thread ended".to_owned()))
    }
}

impl Drop for QueueThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was already told to whoever waited.
            let _ = thread.join();
        }
    }
}

struct Submitter {
    device: wgpu::Device,
    queue: wgpu::Queue,
    health: Arc<Health>,
    staging: Arc<BufferPool>,
    time_out: Duration,
}

impl Submitter {
    fn run(&self, inbox: &Receiver<Job>) {
        while let Ok(Job { commands, read }) = inbox.recv() {
            let submission = 1 + self.health.submissions.fetch_add(1, Ordering::SeqCst);
            if submission == self.health.goes_at.load(Ordering::SeqCst) {
                self.health.fail(EngineError::Lost(format!("on purpose, at submission {submission}")));
                self.device.destroy();
            }
            let index = self.queue.submit([commands]);
            match read {
                Some(Read { staging, reply }) => {
                    let bytes = self.read(&staging, index);
                    if bytes.is_ok() {
                        self.staging.give(staging);
                    }
                    // Nobody waits any more when the caller unwound.
                    let _ = reply.send(bytes);
                }
                // Without a poll nothing is ever freed.
                None => {
                    if let Err(error) = self.device.poll(wgpu::PollType::Poll) {
                        self.health.fail(EngineError::Lost(error.to_string()));
                    }
                }
            }
        }
    }

    fn read(&self, staging: &wgpu::Buffer, index: wgpu::SubmissionIndex) -> Result<Vec<u8>, EngineError> {
        self.health.check()?;
        let (mapped, outcome) = channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver is gone only after a time-out.
            let _ = mapped.send(result);
        });
        let waited = self
            .device
            .poll(wgpu::PollType::Wait { submission_index: Some(index), timeout: Some(self.time_out) });
        if waited.is_err() {
            self.health.fail(EngineError::TimedOut(self.time_out.as_secs()));
        }
        self.health.check()?;
        match outcome.recv_timeout(self.time_out) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(EngineError::Lost(error.to_string())),
            Err(_) => return Err(EngineError::TimedOut(self.time_out.as_secs())),
        }
        let bytes = staging.get_mapped_range(..).map_err(|e| EngineError::Lost(e.to_string()))?.to_vec();
        staging.unmap();
        self.health.check()?;
        Ok(bytes)
    }
}
