//! Content of a file: its version, its text where that is needed, and a fingerprint to notice a change.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use xxhash_rust::xxh3::Xxh3Default;

use super::{system, wanted::Wanted};
use crate::modules::Module;

/// Size up to which the version is a hash of the whole content, in bytes. The version of a larger file is a hash of
/// its size, its modification time and [`END_SIZE`] bytes at both ends, so that a save costs the same at any size.
pub(super) const WHOLE_LIMIT: u64 = 256 * 1024 * 1024;
const END_SIZE: u64 = 1024 * 1024;

/// Number of bytes that a file may have beyond its size. Files of procfs claim to have none.
const EXCESS_LIMIT: u64 = 1024 * 1024;

/// Bytes per read call.
const BLOCK: usize = 128 * 1024;

/// Metadata that differs between two states of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileFingerprint {
    pub(super) len: u64,
    modified: Option<SystemTime>,
    /// Device and inode number.
    id: Option<(u64, u64)>,
    /// Time of the last change to anything about the file, in seconds and nanoseconds. Programs can't set it.
    changed: Option<(i64, i64)>,
}

impl FileFingerprint {
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (id, changed) = {
            use std::os::unix::fs::MetadataExt;
            (Some((metadata.dev(), metadata.ino())), Some((metadata.ctime(), metadata.ctime_nsec())))
        };
        #[cfg(not(unix))]
        let (id, changed) = (None, None);
        Self { len: metadata.len(), modified: metadata.modified().ok(), id, changed }
    }

    /// Fingerprint of the regular file at `path`, links followed; `None` for anything else.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        metadata.is_file().then(|| Self::of(&metadata))
    }

    /// Returns true if a write at `now` could leave the fingerprint as it is, because the file system's timestamps
    /// have a resolution of `step`.
    pub(super) fn is_fresh(&self, now: SystemTime, step: Duration) -> bool {
        let changed = self.changed.and_then(|(seconds, nanoseconds)| {
            let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
            SystemTime::UNIX_EPOCH.checked_add(since)
        });
        match changed.or(self.modified) {
            // A time in the future comes from another clock, which says nothing about this one.
            Some(at) => now.duration_since(at).map_or(true, |age| age < step),
            None => true,
        }
    }

    /// Returns true if the time of a file that has changed after `since` is an earlier one: a program has set it, and may
    /// set the same again. It does not matter where another time says more.
    pub(super) fn is_backdated(&self, since: SystemTime) -> bool {
        self.changed.is_none() && self.modified.is_none_or(|at| at < since)
    }

    fn hash(&self, hasher: &mut Xxh3Default) {
        hasher.update(&self.len.to_le_bytes());
        let since = self.modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        hasher.update(&since.map_or(0, |since| since.as_nanos()).to_le_bytes());
    }
}

/// A file's content as the watcher keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileContent {
    /// XXH3, 64 bits.
    pub(super) version: u64,
    pub(super) fingerprint: FileFingerprint,
    /// The whole text, if it was asked for and a browser would read it the same way.
    pub(super) text: Option<String>,
    /// The imports, if they were asked for and it is a module.
    pub(super) module: Option<Module>,
}

/// Outcome of reading a file.
#[derive(Debug)]
pub(super) enum ReadOutcome {
    Content(FileContent),
    /// It was written to meanwhile, or it is not the file that was expected. Holds its fingerprint now.
    Changed(FileFingerprint),
    /// There is no regular file.
    Missing,
    /// There may be a file, but it can't be read.
    Failed(io::Error),
    /// The watch has ended.
    Stopped,
}

impl From<io::Error> for ReadOutcome {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Failed(error),
        }
    }
}

/// Reads files into one buffer.
#[derive(Debug)]
pub(super) struct FileReader<'a> {
    block: Vec<u8>,
    stop: &'a AtomicBool,
}

impl<'a> FileReader<'a> {
    /// A reader that gives up as soon as `stop` is set.
    pub(super) fn new(stop: &'a AtomicBool) -> Self {
        Self { block: vec![0; BLOCK], stop }
    }

    /// Reads the file at `path`, provided that it still has the `expected` fingerprint, if there is one.
    ///
    /// Blocks on nothing but the disk: pipes, sockets and devices are never opened.
    pub(super) fn read(
        &mut self,
        path: &Path,
        expected: Option<FileFingerprint>,
        wanted: Wanted,
    ) -> ReadOutcome {
        let found = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => FileFingerprint::of(&metadata),
            Ok(_) => return ReadOutcome::Missing,
            Err(error) => return error.into(),
        };
        if expected.is_some_and(|expected| expected != found) {
            return ReadOutcome::Changed(found);
        }
        self.read_regular(path, wanted)
    }

    /// Reads a path that was a regular file a moment ago. If it is a pipe by now, it is opened without waiting.
    pub(super) fn read_regular(&mut self, path: &Path, wanted: Wanted) -> ReadOutcome {
        self.try_read(path, wanted).unwrap_or_else(ReadOutcome::from)
    }

    fn try_read(&mut self, path: &Path, wanted: Wanted) -> io::Result<ReadOutcome> {
        let mut file = system::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(ReadOutcome::Missing);
        }
        let before = FileFingerprint::of(&metadata);
        let mut hasher = Xxh3Default::new();
        let limit = wanted.limit().filter(|limit| before.len <= *limit);
        let mut text = limit.map(|_| Vec::new());
        let read = if before.len > WHOLE_LIMIT {
            before.hash(&mut hasher);
            let begin = self.read_blocks(&mut file, END_SIZE, |block| hasher.update(block))?;
            file.seek(SeekFrom::Start(before.len - END_SIZE))?;
            begin.and(self.read_blocks(&mut file, END_SIZE, |block| hasher.update(block))?)
        } else {
            self.read_blocks(&mut file, before.len, |block| {
                hasher.update(block);
                if let Some(text) = &mut text {
                    text.extend_from_slice(block);
                }
            })?
        };
        let Some(read) = read else { return Ok(ReadOutcome::Stopped) };
        let after = FileFingerprint::of(&file.metadata()?);
        if after != before {
            return Ok(ReadOutcome::Changed(after));
        }
        // A size that is not the number of bytes is one of procfs or sysfs: the bytes count.
        if read > before.len + EXCESS_LIMIT {
            return Err(io::Error::other(format!("it has more bytes than its size of {} says", before.len)));
        }
        let bytes = text.filter(|text| limit.is_some_and(|limit| text.len() as u64 <= limit));
        let (text, module) = bytes.map(|bytes| wanted.read(bytes)).unwrap_or_default();
        Ok(ReadOutcome::Content(FileContent { version: hasher.digest(), fingerprint: after, text, module }))
    }

    /// Reads `len` bytes, or up to the end of the file, or a little beyond `len` if the end is not there. Returns the
    /// number of bytes, or `None` when the watch has ended.
    fn read_blocks(
        &mut self,
        file: &mut File,
        len: u64,
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<Option<u64>> {
        let mut total = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            match file.read(&mut self.block) {
                Ok(0) => return Ok(Some(total)),
                Ok(read) => {
                    each(&self.block[..read]);
                    total += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            // At the expected size, the metadata says whether that is the end, without another call.
            if total == len || total > len + EXCESS_LIMIT {
                return Ok(Some(total));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::{testing::Dir, wanted::TEXT_LIMIT};

    fn read(path: &Path, expected: Option<FileFingerprint>, wanted: Wanted) -> ReadOutcome {
        FileReader::new(&AtomicBool::new(false)).read(path, expected, wanted)
    }

    fn content(path: &Path) -> FileContent {
        match read(path, None, Wanted::Text) {
            ReadOutcome::Content(content) => content,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn equal_bytes_have_equal_versions() {
        let dir = Dir::new();
        dir.write("a", "one");
        dir.write("b", "one");
        dir.write("c", "two");
        let version = |name| content(&dir.path().join(name)).version;
        assert_eq!(version("a"), version("b"));
        assert_ne!(version("a"), version("c"));
        assert_eq!(
            version("a"),
            xxhash_rust::xxh3::xxh3_64(b"one"),
            "and stay as they are in later releases"
        );
    }

    #[test]
    fn text_is_kept_if_a_browser_would_decode_it_alike() {
        let limit = usize::try_from(TEXT_LIMIT).unwrap();
        let longest = " ".repeat(limit);
        let cases: [(&str, Vec<u8>, Option<&str>); 9] = [
            ("plain", b"a{}".to_vec(), Some("a{}")),
            ("byte order mark", b"\xef\xbb\xbfa{}".to_vec(), Some("a{}")),
            ("charset", b"@charset \"UTF-8\";a{}".to_vec(), Some("@charset \"UTF-8\";a{}")),
            ("other charset", b"@charset \"latin1\";a{}".to_vec(), None),
            ("open charset", b"@charset \"utf-8".to_vec(), None),
            ("no UTF-8", b"a{content:'\xe9'}".to_vec(), None),
            ("empty", Vec::new(), Some("")),
            ("as long as may be", vec![b' '; limit], Some(&longest)),
            ("too long", vec![b' '; limit + 1], None),
        ];
        let dir = Dir::new();
        for (case, bytes, text) in cases {
            dir.write("style.css", &bytes);
            assert_eq!(content(&dir.path().join("style.css")).text.as_deref(), text, "{case}");
        }
    }

    #[test]
    fn special_files_are_missing_or_fail_and_never_block() {
        let dir = Dir::new();
        dir.write("file", "x");
        dir.folder("folder");
        let at = |name: &str| read(&dir.path().join(name), None, Wanted::Nothing);
        assert!(matches!(at("none"), ReadOutcome::Missing));
        assert!(matches!(at("file/below"), ReadOutcome::Missing));
        assert!(matches!(at("folder"), ReadOutcome::Missing));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
            assert!(matches!(at("loop"), ReadOutcome::Failed(_)), "a link to itself");
            dir.pipe("pipe");
            assert!(matches!(at("pipe"), ReadOutcome::Missing));
            let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
            assert!(matches!(at("socket"), ReadOutcome::Missing));
        }
    }

    #[test]
    fn a_file_other_than_the_expected_one_has_changed() {
        let dir = Dir::new();
        dir.write("file", "one");
        let path = dir.path().join("file");
        let expected = FileFingerprint::at(&path).unwrap();
        assert!(matches!(read(&path, Some(expected), Wanted::Nothing), ReadOutcome::Content(_)));
        dir.write("file", "longer");
        assert!(
            matches!(read(&path, Some(expected), Wanted::Nothing), ReadOutcome::Changed(now) if now.len == 6)
        );
    }

    #[test]
    fn a_stop_ends_the_read() {
        let dir = Dir::new();
        dir.write("file", "one");
        let stop = AtomicBool::new(true);
        let outcome = FileReader::new(&stop).read(&dir.path().join("file"), None, Wanted::Nothing);
        assert!(matches!(outcome, ReadOutcome::Stopped));
    }

    #[test]
    fn a_fingerprint_is_fresh_for_one_step_and_when_its_time_is_in_the_future() {
        let dir = Dir::new();
        dir.write("file", "one");
        let fingerprint = FileFingerprint::at(&dir.path().join("file")).unwrap();
        let now = SystemTime::now();
        let step = Duration::from_secs(60);
        assert!(fingerprint.is_fresh(now, step));
        assert!(!fingerprint.is_fresh(now + step * 2, step));
        assert!(fingerprint.is_fresh(now - step * 2, step));
    }

    #[test]
    fn a_time_before_the_last_read_was_set_by_a_program() {
        let dir = Dir::new();
        dir.write("file", "one");
        let fingerprint = FileFingerprint::at(&dir.path().join("file")).unwrap();
        let (now, hour) = (SystemTime::now(), Duration::from_secs(3_600));
        let coarse = FileFingerprint { changed: None, ..fingerprint };
        assert!(!coarse.is_backdated(now - hour));
        assert!(coarse.is_backdated(now + hour));
        assert!(!FileFingerprint { changed: Some((0, 0)), ..coarse }.is_backdated(now + hour));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_whose_size_is_not_their_length_are_read_to_a_bound() {
        let version = |path: &str| match read(Path::new(path), None, Wanted::Text) {
            ReadOutcome::Content(content) => Ok(content.version),
            ReadOutcome::Failed(error) => Err(error.to_string()),
            other => panic!("{path}: {other:?}"),
        };
        // procfs has no sizes, sysfs has that of a page.
        for path in ["/proc/version", "/sys/kernel/uevent_seqnum"] {
            let bytes = fs::read(path).unwrap();
            assert_ne!(bytes.len() as u64, fs::metadata(path).unwrap().len(), "{path}");
            assert_eq!(version(path), Ok(xxhash_rust::xxh3::xxh3_64(&bytes)), "{path}");
        }
        let endless = version("/proc/self/pagemap").unwrap_err();
        assert!(endless.contains("more bytes than its size of 0"), "{endless}");
    }

    #[test]
    fn a_huge_file_is_known_by_its_ends_its_size_and_its_time() {
        let dir = Dir::new();
        let path = dir.path().join("huge");
        let file = File::options().create_new(true).read(true).write(true).open(&path).unwrap();
        // Sparse: a thousand times of what is read.
        file.set_len(WHOLE_LIMIT * 8).unwrap();
        let old = SystemTime::UNIX_EPOCH;
        let version = |time| {
            file.set_modified(time).unwrap();
            content(&path).version
        };
        let first = version(old);
        assert_eq!(version(old), first);
        // NTFS counts in 100 ns.
        assert_ne!(version(old + Duration::from_nanos(100)), first, "time");
        for at in [0, END_SIZE - 1, WHOLE_LIMIT * 8 - END_SIZE, WHOLE_LIMIT * 8 - 1] {
            let before = version(old);
            (&file).seek(SeekFrom::Start(at)).unwrap();
            std::io::Write::write_all(&mut &file, b"x").unwrap();
            assert_ne!(version(old), before, "byte {at}");
        }
        let before = version(old);
        file.set_len(WHOLE_LIMIT * 8 + 1).unwrap();
        assert_ne!(version(old), before, "size");
    }
}
