//! The content of a kept page: its chunks as they were sent, later compressed.

use std::{mem::size_of, sync::Arc};

use bytes::Bytes;

use crate::notice::failure;

/// Number of bytes that are compressed together. A reader is given as many at once, so that it never holds up a thread for
/// long. LZ4 looks back no further.
const BLOCK: usize = 64 << 10;

#[derive(Debug)]
pub(super) enum Content {
    Chunks(Vec<Bytes>),
    Blocks(Vec<Block>),
}

/// A part of a page, compressed.
#[derive(Debug)]
pub(super) struct Block {
    /// Number of bytes before the compression.
    length: usize,
    data: Box<[u8]>,
}

/// Compresses a page.
///
/// By LZ4, which takes 1.3 ms for 100 kB of a page in an unoptimized build and leaves a fifth of them. Deflate leaves a
/// seventh, takes up to four times as long, and is two crates.
pub(super) fn compress(chunks: &[Bytes]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    let mut out = Vec::new();
    let mut flush = |block: &mut Vec<u8>| {
        out.resize(lz4_flex::block::get_maximum_output_size(block.len()), 0);
        // The buffer has the size that the compression asks for.
        if let Ok(length) = lz4_flex::block::compress_into(block, &mut out) {
            blocks.push(Block { length: block.len(), data: out[..length].into() });
        }
        block.clear();
    };
    for chunk in chunks {
        let mut rest = &chunk[..];
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(BLOCK - block.len()));
            block.extend_from_slice(part);
            rest = later;
            if block.len() == BLOCK {
                flush(&mut block);
            }
        }
    }
    if !block.is_empty() {
        flush(&mut block);
    }
    blocks
}

/// Number of bytes that compressed content takes.
pub(super) fn cost(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.data.len() + size_of::<Block>()).sum()
}

/// Reads a page, one chunk or block at a time.
#[derive(Debug)]
pub(crate) struct Reading {
    content: Arc<Content>,
    next: usize,
    length: usize,
}

impl Reading {
    pub(super) fn new(content: Arc<Content>, length: usize) -> Self {
        Self { content, next: 0, length }
    }

    /// Number of bytes of the whole page.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the next bytes; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Bytes> {
        let index = self.next;
        self.next += 1;
        match &*self.content {
            Content::Chunks(chunks) => chunks.get(index).cloned(),
            Content::Blocks(blocks) => {
                let Block { length, data } = blocks.get(index)?;
                lz4_flex::block::decompress(data, *length)
                    .inspect_err(|error| failure!("a kept page can't be decompressed: {error}"))
                    .ok()
                    .map(Bytes::from)
            }
        }
    }
}
