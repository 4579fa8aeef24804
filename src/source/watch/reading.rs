//! Who reads the files: many at once in the first scan, and large ones beside the others' changes.

use super::content::{Reader, Reading};
use super::roots::Place;
use super::settle::Task;
use super::thread::Message;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

/// Files from this many bytes on are read in the background.
pub(super) const LARGE: u64 = 1024 * 1024;

/// More threads than this only wait for the disk.
const MOST_THREADS: usize = 8;

/// Files that a thread takes on at a time.
const PORTION: usize = 32;

/// A file that has been read.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) task: Task,
    pub(super) reading: Reading,
    /// When it was read.
    pub(super) at: SystemTime,
}

impl Reader<'_> {
    /// Does what a task asks for.
    pub(super) fn done(&mut self, task: Task, want_text: bool) -> Done {
        let reading = self.read(&task.place.path, task.expected, want_text);
        Done { task, reading, at: SystemTime::now() }
    }
}

/// Reads all files at `places`, which were just walked through, without their texts; what came of it is by index, in any order.
pub(super) fn read_all(places: &[Place], stop: &AtomicBool) -> Vec<(usize, Reading, SystemTime)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reader = Reader::new(stop);
        let mut read = Vec::new();
        loop {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            let portion = places.iter().enumerate().skip(start).take(PORTION);
            if portion.len() == 0 || stop.load(Ordering::Relaxed) {
                return read;
            }
            read.extend(portion.map(|(at, place)| {
                let reading = reader.read_regular(&place.path, false);
                (at, reading, SystemTime::now())
            }));
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(MOST_THREADS).min(places.len().div_ceil(PORTION));
    if threads < 2 {
        return work();
    }
    thread::scope(|scope| {
        // A thread that can't be had leaves its share to the others.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut read = work();
        for thread in threads {
            // A thread that has panicked leaves its files unread; the next event reads them.
            read.extend(thread.join().unwrap_or_default());
        }
        read
    })
}

/// A thread for large files; it starts with the first of them.
#[derive(Debug)]
pub(super) struct Background {
    stop: Arc<AtomicBool>,
    outbox: Sender<Message>,
    running: Option<(Sender<Task>, JoinHandle<()>)>,
}

impl Background {
    /// Results go to `outbox`; reading ends as soon as `stop` is set.
    pub(super) fn new(stop: Arc<AtomicBool>, outbox: Sender<Message>) -> Self {
        Self { stop, outbox, running: None }
    }

    /// Has a file read; what came of it comes as a message. Gives the task back when there is no
    /// thread for it.
    pub(super) fn read(&mut self, task: Task) -> Option<Task> {
        if self.running.is_none() {
            self.running = self.spawn().ok();
        }
        match &self.running {
            Some((tasks, _)) => tasks.send(task).err().map(|refused| refused.0),
            None => Some(task),
        }
    }

    fn spawn(&self) -> io::Result<(Sender<Task>, JoinHandle<()>)> {
        let (tasks, inbox) = mpsc::channel::<Task>();
        let (stop, outbox) = (Arc::clone(&self.stop), self.outbox.clone());
        let work = move || {
            let mut reader = Reader::new(&stop);
            for task in inbox {
                let done = reader.done(task, false);
                if outbox.send(Message::Read(Box::new(done))).is_err() {
                    return;
                }
            }
        };
        Ok((tasks, thread::Builder::new().name("hot-watch-large".to_owned()).spawn(work)?))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some((tasks, thread)) = self.running.take() {
            drop(tasks);
            let _ = thread.join();
        }
    }
}
