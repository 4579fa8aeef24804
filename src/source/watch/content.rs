//! What is in a file: its version, its text where that is of use, and how to tell that it moved.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use xxhash_rust::xxh3::Xxh3Default;

/// Stylesheets up to this many bytes are kept as text.
pub(super) const TEXT_LIMIT: u64 = 128 * 1024;

/// Bytes read at a time.
const BLOCK: usize = 128 * 1024;

/// What tells two states of a file apart without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) len: u64,
    modified: Option<SystemTime>,
    inode: Inode,
}

/// Which file it is, below its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Inode {
    /// Device and number.
    id: Option<(u64, u64)>,
    /// When anything about the file changed last, in seconds and nanoseconds; programs can't set it.
    changed: Option<(i64, i64)>,
    names: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok(), inode: Inode::of(metadata) }
    }

    /// The stamp of the regular file at `path`, links followed; `None` for anything else.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        metadata.is_file().then(|| Self::of(&metadata))
    }

    /// Device and number of the file, where the system has them.
    pub(super) fn file(&self) -> Option<(u64, u64)> {
        self.inode.id
    }

    /// Device and number of a file that has more than one name.
    pub(super) fn shared(&self) -> Option<(u64, u64)> {
        self.inode.id.filter(|_| self.inode.names > 1)
    }

    /// Whether a write at `now` could leave the stamp as it is, because the file system's clock
    /// ticks no finer than `tick`.
    pub(super) fn is_fresh(&self, now: SystemTime, tick: Duration) -> bool {
        let changed = self.inode.changed.and_then(|(seconds, nanoseconds)| {
            let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
            SystemTime::UNIX_EPOCH.checked_add(since)
        });
        match changed.or(self.modified) {
            // A time to come, by a clock other than ours: nothing to go by.
            Some(at) => now.duration_since(at).map_or(true, |age| age < tick),
            None => true,
        }
    }
}

impl Inode {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            id: Some((metadata.dev(), metadata.ino())),
            changed: Some((metadata.ctime(), metadata.ctime_nsec())),
            names: metadata.nlink(),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self::default()
    }
}

/// A file's content, in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// XXH3, 64 bits.
    pub(super) version: u64,
    pub(super) stamp: Stamp,
    /// The whole text, when it was asked for and is fit for a browser's style sheet.
    pub(super) text: Option<String>,
}

/// What came of reading a file.
#[derive(Debug)]
pub(super) enum Reading {
    Content(Content),
    /// It was being written meanwhile, or it is not what the caller had seen; its stamp now.
    Moved(Stamp),
    /// There is no regular file there.
    Missing,
    /// There may be one, but it can't be read.
    Failed(io::Error),
    /// The watch is over.
    Stopped,
}

impl Reading {
    fn without(error: io::Error) -> Self {
        if is_missing(&error) { Self::Missing } else { Self::Failed(error) }
    }
}

/// Reads files; holds the buffer for it.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    block: Vec<u8>,
    stop: &'a AtomicBool,
}

impl<'a> Reader<'a> {
    /// A reader that gives up as soon as `stop` is set.
    pub(super) fn new(stop: &'a AtomicBool) -> Self {
        Self { block: vec![0; BLOCK], stop }
    }

    /// Reads the file at `path`, provided that it still has the stamp `expected`, if there is one.
    ///
    /// Blocks on nothing but the disk: pipes, sockets and devices are never opened.
    pub(super) fn read(&mut self, path: &Path, expected: Option<Stamp>, want_text: bool) -> Reading {
        let seen = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Stamp::of(&metadata),
            Ok(_) => return Reading::Missing,
            Err(error) => return Reading::without(error),
        };
        if expected.is_some_and(|expected| expected != seen) {
            return Reading::Moved(seen);
        }
        self.read_regular(path, want_text)
    }

    /// Reads what was seen to be a regular file just now. If it has become a pipe or the like, it is opened, and not
    /// waited for.
    pub(super) fn read_regular(&mut self, path: &Path, want_text: bool) -> Reading {
        self.try_read(path, want_text).unwrap_or_else(Reading::without)
    }

    fn try_read(&mut self, path: &Path, want_text: bool) -> io::Result<Reading> {
        let mut file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Reading::Missing);
        }
        let before = Stamp::of(&metadata);
        let mut text = (want_text && before.len <= TEXT_LIMIT).then(Vec::new);
        let mut hasher = Xxh3Default::new();
        let mut len = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Reading::Stopped);
            }
            let read = match file.read(&mut self.block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&self.block[..read]);
            len += read as u64;
            match &mut text {
                Some(text) if len <= TEXT_LIMIT => text.extend_from_slice(&self.block[..read]),
                text => *text = None,
            }
            // As long as it was: whether it still is, the stamp tells without another read.
            if len == before.len {
                break;
            }
        }
        let after = Stamp::of(&file.metadata()?);
        if after != before || len != after.len {
            return Ok(Reading::Moved(after));
        }
        Ok(Reading::Content(Content {
            version: hasher.digest(),
            stamp: after,
            text: text.and_then(style_text),
        }))
    }
}

/// Whether the error means that nothing is there, as opposed to something that can't be read.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Opens for reading without waiting for a writer, should a pipe have taken the file's place.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        use std::os::unix::fs::OpenOptionsExt;
        const O_NONBLOCK: i32 = 0o4000;
        options.custom_flags(O_NONBLOCK);
    }
    options.open(path)
}

/// A stylesheet's text, if a browser would read these bytes as UTF-8.
fn style_text(bytes: Vec<u8>) -> Option<String> {
    const MARK: &str = "\u{feff}";
    // https://www.w3.org/TR/css-syntax-3/#input-byte-stream: these very bytes, and a quote after.
    const CHARSET: &str = "@charset \"";
    let mut text = String::from_utf8(bytes).ok()?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len());
    } else if let Some(rest) = text.strip_prefix(CHARSET) {
        let (charset, _) = rest.split_once('"')?;
        if !["utf-8", "utf8"].iter().any(|utf| charset.eq_ignore_ascii_case(utf)) {
            return None;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    fn read(path: &Path, expected: Option<Stamp>, want_text: bool) -> Reading {
        Reader::new(&AtomicBool::new(false)).read(path, expected, want_text)
    }

    fn content(path: &Path) -> Content {
        match read(path, None, true) {
            Reading::Content(content) => content,
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
    fn text_is_kept_where_a_browser_would_read_the_same() {
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
    fn what_is_no_regular_file_is_missing_or_fails_and_never_blocks() {
        let dir = Dir::new();
        dir.write("file", "x");
        dir.folder("folder");
        let at = |name: &str| read(&dir.path().join(name), None, false);
        assert!(matches!(at("none"), Reading::Missing));
        assert!(matches!(at("file/below"), Reading::Missing));
        assert!(matches!(at("folder"), Reading::Missing));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
            assert!(matches!(at("loop"), Reading::Failed(_)), "a link to itself");
            dir.pipe("pipe");
            assert!(matches!(at("pipe"), Reading::Missing));
            let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
            assert!(matches!(at("socket"), Reading::Missing));
        }
    }

    #[test]
    fn a_file_that_is_not_as_it_was_seen_has_moved() {
        let dir = Dir::new();
        dir.write("file", "one");
        let path = dir.path().join("file");
        let seen = Stamp::at(&path).unwrap();
        assert!(matches!(read(&path, Some(seen), false), Reading::Content(_)));
        dir.write("file", "longer");
        assert!(matches!(read(&path, Some(seen), false), Reading::Moved(now) if now.len == 6));
    }

    #[test]
    fn a_stop_ends_the_reading() {
        let dir = Dir::new();
        dir.write("file", "one");
        let stop = AtomicBool::new(true);
        let reading = Reader::new(&stop).read(&dir.path().join("file"), None, false);
        assert!(matches!(reading, Reading::Stopped));
    }

    #[test]
    fn a_stamp_is_fresh_for_one_tick_and_when_it_lies_in_the_future() {
        let dir = Dir::new();
        dir.write("file", "one");
        let stamp = Stamp::at(&dir.path().join("file")).unwrap();
        let now = SystemTime::now();
        let tick = Duration::from_secs(60);
        assert!(stamp.is_fresh(now, tick));
        assert!(!stamp.is_fresh(now + tick * 2, tick));
        assert!(stamp.is_fresh(now - tick * 2, tick));
    }
}
