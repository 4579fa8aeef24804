//! An incremental parser for event streams, as in the HTML standard (section 9.2.6).

use std::io::BufRead;

/// One dispatched event.
#[derive(Debug)]
pub(crate) struct Event {
    /// The last event id when it was dispatched; `""` before the first one.
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Event {
    /// Returns true for the heartbeat.
    pub(crate) fn is_beat(&self) -> bool {
        self.data == "💓"
    }

    /// Returns the number in `{"n":17,…}`, or in a build's `"hash":"0000000000000011"`.
    pub(crate) fn number(&self) -> Option<u64> {
        if let Some(rest) = self.data.strip_prefix("{\"n\":") {
            return rest[..rest.find([',', '}'])?].parse().ok();
        }
        let at = self.data.find("\"hash\":\"")? + 8;
        u64::from_str_radix(self.data.get(at..at + 16)?, 16).ok()
    }
}

/// The standard's parser, for lines that end in LF as this server's do. An event that was cut off before its
/// blank line is never dispatched, and its id never becomes the last event id.
#[derive(Debug)]
pub(crate) struct Events {
    /// Number of bytes that are kept of a line. A reader of long events only needs their first bytes, but
    /// sees each of them end.
    keep: usize,
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    id: String,
}

impl Events {
    /// Creates the parser for a new connection, which continues from the last id of the previous one.
    pub(crate) fn new(id: &str, keep: usize) -> Self {
        Self { keep, line: Vec::new(), data: None, id: id.to_owned() }
    }

    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut dispatch: impl FnMut(Event)) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(line_length(bytes));
            let room = self.keep.saturating_sub(self.line.len());
            self.line.extend_from_slice(&now[..now.len().min(room)]);
            bytes = later;
            if now.ends_with(b"\n") {
                if self.line.ends_with(b"\n") {
                    self.line.pop();
                }
                if let Some(event) = self.read_line() {
                    dispatch(event);
                }
                self.line.clear();
            }
        }
    }

    fn read_line(&mut self) -> Option<Event> {
        let line = &self.line[..];
        if line.is_empty() {
            let data = self.data.take()?;
            return Some(Event { id: self.id.clone(), data: String::from_utf8_lossy(&data).into_owned() });
        }
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            },
            b"id" => self.id = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
        None
    }
}

/// Returns the number of bytes up to and including the end of the line, or of all bytes.
///
/// The standard library searches them, because an unoptimized loop would be the slowest part of the
/// measurement.
fn line_length(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    rest.skip_until(b'\n').unwrap_or_default()
}
