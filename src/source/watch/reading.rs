//! Who reads the files: many at once in the first scan, and large ones beside the others' changes.

use super::content::{Reader, Reading};
use super::roots::Place;
use super::settle::Task;
use super::thread::Message;
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

/// Reads all files at `places`, without their texts; what came of it is by index, in any order.
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
                let reading = reader.read(&place.path, None, false);
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
        let threads: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
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

    /// Has a file read; the result comes as a message.
    pub(super) fn read(&mut self, task: Task) {
        let (tasks, _) = self.running.get_or_insert_with(|| {
            let (tasks, inbox) = mpsc::channel::<Task>();
            let (stop, outbox) = (Arc::clone(&self.stop), self.outbox.clone());
            let work = move || {
                let mut reader = Reader::new(&stop);
                for task in inbox {
                    let reading = reader.read(&task.place.path, task.expected, false);
                    if outbox.send(Message::Read(task, reading, SystemTime::now())).is_err() {
                        return;
                    }
                }
            };
            (tasks, thread::spawn(work))
        });
        // It fails only if the thread has panicked: then the file stays as it was last read.
        let _ = tasks.send(task);
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
