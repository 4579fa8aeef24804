//! An event stream as the HTML standard reads it (section 9.2.6), as bytes come in.

use std::io::BufRead;

/// One dispatched event.
#[derive(Debug)]
pub(crate) struct Event {
    /// The last event id when it was dispatched, `""` before there was one.
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Event {
    /// Whether it is the heartbeat.
    pub(crate) fn is_beat(&self) -> bool {
        self.data == "💓"
    }

    /// The number in `{"n":17,…}`, or the one in a build's `"hash":"0000000000000011"`.
    pub(crate) fn number(&self) -> Option<u64> {
        if let Some(rest) = self.data.strip_prefix("{\"n\":") {
            return rest[..rest.find([',', '}'])?].parse().ok();
        }
        let at = self.data.find("\"hash\":\"")? + 8;
        u64::from_str_radix(self.data.get(at..at + 16)?, 16).ok()
    }
}

/// The standard's parser, for lines that end in LF as this server's do. An event that was cut off before its blank line
/// is never dispatched, and its id never becomes the last event id.
#[derive(Debug)]
pub(crate) struct Events {
    /// How much of a line is kept. A reader of long events looks at their first bytes only, but sees each of them end.
    keep: usize,
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    id: String,
}

impl Events {
    /// The parser for a new connection, which goes on from the id that the last one ended with.
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

/// How many bytes there are up to the end of the line and with it, or in all.
///
/// The standard library looks for it: a loop of a test's own, unoptimized, would be the slowest part of all that is
/// measured.
fn line_length(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    rest.skip_until(b'\n').unwrap_or_default()
}
