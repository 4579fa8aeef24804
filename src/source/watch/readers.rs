//! Threads that read files: many at once for the first scan, and one for large files.

use std::{
    io,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use super::{
    content::{FileReader, ReadOutcome},
    message::{Outbox, Read},
    roots::WatchedPath,
    stability::ReadTask,
    wanted::Wanted,
};

/// Size in bytes from which a file is read in the background.
pub(super) const LARGE: u64 = 1024 * 1024;

/// Number of threads for the first scan. More would only wait for the disk.
const MAX_THREADS: usize = 8;

/// Number of files that a thread takes at a time.
const PORTION: usize = 32;

/// Pause after the repeated read of a large file, as a multiple of its duration: such reads take a fifth of a core.
const PAUSE: u32 = 4;
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Interval at which a large file waits for another one to be read.
const TURN: Duration = Duration::from_millis(50);

/// Reads a file as a task says.
pub(super) fn read(reader: &mut FileReader<'_>, task: ReadTask, wanted: Wanted) -> Read {
    let begun = Instant::now();
    let outcome = reader.read(&task.file.path, task.expected, wanted);
    Read { task, outcome, at: SystemTime::now(), took: begun.elapsed() }
}

/// Reads `files`, which were just scanned, without the texts of stylesheets. Returns the outcomes by index, in any order.
pub(super) fn read_all(files: &[WatchedPath], stop: &AtomicBool) -> Vec<(usize, ReadOutcome, SystemTime)> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut reader = FileReader::new(stop);
        let mut outcomes = Vec::new();
        loop {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            let portion = files.iter().enumerate().skip(start).take(PORTION);
            if portion.len() == 0 || stop.load(Ordering::Relaxed) {
                return outcomes;
            }
            outcomes.extend(portion.map(|(index, file)| {
                let wanted =
                    if Wanted::of(&file.path) == Wanted::Imports { Wanted::Imports } else { Wanted::Nothing };
                let outcome = reader.read_regular(&file.path, wanted);
                (index, outcome, SystemTime::now())
            }));
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(MAX_THREADS).min(files.len().div_ceil(PORTION));
    if threads < 2 {
        return run();
    }
    thread::scope(|scope| {
        // If a thread can't be started, the others read its share.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let threads: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut outcomes = run();
        for thread in threads {
            // The files of a thread that has panicked are read at their next event.
            outcomes.extend(thread.join().unwrap_or_default());
        }
        outcomes
    })
}

/// The thread for large files, which starts with the first of them.
#[derive(Debug)]
pub(super) struct BackgroundReader {
    stop: Arc<AtomicBool>,
    outbox: Outbox,
    running: Option<(Sender<ReadTask>, JoinHandle<()>)>,
}

impl BackgroundReader {
    /// Sends results to `outbox`. A read ends as soon as `stop` is set.
    pub(super) fn new(stop: Arc<AtomicBool>, outbox: Outbox) -> Self {
        Self { stop, outbox, running: None }
    }

    /// Reads a file. The result arrives as a message. Returns the task if there is no thread for it.
    pub(super) fn read(&mut self, task: ReadTask) -> Option<ReadTask> {
        if self.running.is_none() {
            self.running = self.spawn().ok();
        }
        match &self.running {
            Some((tasks, _)) => tasks.send(task).err().map(|rejected| rejected.0),
            None => Some(task),
        }
    }

    fn spawn(&self) -> io::Result<(Sender<ReadTask>, JoinHandle<()>)> {
        let (tasks_tx, tasks_rx) = mpsc::channel::<ReadTask>();
        let (stop, outbox) = (Arc::clone(&self.stop), self.outbox.clone());
        let run = move || {
            let mut reader = FileReader::new(&stop);
            for task in tasks_rx {
                if !outbox.send_read(read(&mut reader, task, Wanted::Nothing)) {
                    return;
                }
            }
        };
        Ok((tasks_tx, thread::Builder::new().name("hot-watch-large".to_owned()).spawn(run)?))
    }
}

impl Drop for BackgroundReader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some((tasks, thread)) = self.running.take() {
            drop(tasks);
            let _ = thread.join();
        }
    }
}

/// Limits the repeated reads of large files: one at a time, with pauses.
///
/// Pure: the time is passed to each call.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    reading: Option<WatchedPath>,
    next: Option<Instant>,
}

impl Pacer {
    /// Starts a repeated read now, or returns the time at which to try it again.
    pub(super) fn start(&mut self, file: &WatchedPath, now: Instant) -> Option<Instant> {
        if self.reading.is_some() {
            return Some(now + TURN);
        }
        let wait = self.next.filter(|next| now < *next);
        if wait.is_none() {
            self.reading = Some(file.clone());
        }
        wait
    }

    /// Ends a read, repeated or not.
    pub(super) fn finish(&mut self, file: &WatchedPath, took: Duration, now: Instant) {
        if self.reading.as_ref() == Some(file) {
            self.reading = None;
            self.next = Some(now + took.saturating_mul(PAUSE).min(MAX_PAUSE));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn repeated_reads_of_large_files_take_a_fifth_of_the_time() {
        let path = |name: &str| WatchedPath::new(0, Path::new("/r").join(name));
        let (log, other) = (path("log"), path("other"));
        let mut pacer = Pacer::default();
        let start = Instant::now();
        let took = Duration::from_millis(100);
        assert_eq!(pacer.start(&log, start), None);
        assert_eq!(pacer.start(&other, start), Some(start + TURN), "one at a time");
        pacer.finish(&other, took, start);
        assert_eq!(pacer.start(&other, start), Some(start + TURN), "a first read ends nothing");
        let end = start + took;
        pacer.finish(&log, took, end);
        assert_eq!(pacer.start(&other, end), Some(end + 4 * took), "for all files together");
        assert_eq!(pacer.start(&other, end + 4 * took), None);
        pacer.finish(&other, Duration::from_secs(3_600), end);
        assert_eq!(pacer.start(&log, end), Some(end + MAX_PAUSE));
    }
}
