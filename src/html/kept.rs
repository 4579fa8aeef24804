//! A kept page as a response's body.

use bytes::Bytes;

use super::NoscriptRenamer;
use crate::pages::Reading;

/// A kept page, for the client's parser.
#[derive(Debug)]
pub(crate) struct KeptPage {
    reading: Reading,
    renamer: NoscriptRenamer,
    left: u64,
}

impl KeptPage {
    pub(crate) fn new(reading: Reading) -> Self {
        let left = reading.len().try_into().unwrap_or(u64::MAX);
        Self { reading, renamer: NoscriptRenamer::new(), left }
    }

    /// Number of bytes that are still to come.
    pub(crate) fn len(&self) -> u64 {
        self.left
    }

    /// Returns the next bytes; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let mut bytes = Bytes::new();
        while bytes.is_empty() {
            let Some(chunk) = self.reading.next() else {
                bytes = self.renamer.finish();
                break;
            };
            bytes = self.renamer.push(chunk);
        }
        self.left = self.left.saturating_sub(bytes.len().try_into().unwrap_or(u64::MAX));
        Some(bytes).filter(|bytes| !bytes.is_empty())
    }
}
