//! The rows that have scrolled off the screen, packed: text and runs of styles, in blocks of which the older ones are compressed.
//!
//! A row takes about as many bytes as it has characters, and none of the allocator's time: its cells go back to the screen. Blocks
//! are compressed only when the owner finds a quiet moment ([`History::compress`]), since most of what a flood prints is dropped
//! again before anyone looks.

mod pack;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Row;
use crate::cell::Style;
use pack::Styles;

/// Rows in a block: enough for compression to find what repeats, few enough to unpack one for a single row.
const ROWS: usize = 256;

/// Blocks at the end that stay as they are: what is looked at most, and what may still be added to.
const FRESH: usize = 4;

/// zstd's level: above, it takes several times as long for a tenth less.
const LEVEL: i32 = 1;

/// Rows, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    blocks: VecDeque<Block>,
    /// Rows of the first block that are gone.
    skip: usize,
    len: usize,
    /// How many blocks at the beginning are compressed.
    compressed: usize,
    /// The block that was unpacked last, by its number among all that ever were.
    unpacked: Mutex<Option<(u64, Vec<u8>)>>,
    /// Blocks that were ever dropped.
    dropped: u64,
}

/// Rows that follow each other.
#[derive(Clone, Debug, Default)]
struct Block {
    /// The styles that its rows name by number.
    styles: Styles,
    /// Where each row ends in the packed text.
    ends: Vec<u32>,
    data: Data,
}

#[derive(Clone, Debug)]
enum Data {
    Plain(Vec<u8>),
    Compressed { bytes: Box<[u8]>, length: usize },
}

impl Default for Data {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl Clone for History {
    fn clone(&self) -> Self {
        Self {
            blocks: self.blocks.clone(),
            unpacked: Mutex::new(None),
            ..Self {
                skip: self.skip,
                len: self.len,
                compressed: self.compressed,
                dropped: self.dropped,
                ..Self::default()
            }
        }
    }
}

impl History {
    /// Rows that are kept.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a row behind the others.
    pub(crate) fn push(&mut self, row: &Row) {
        if self.blocks.back().is_none_or(|block| block.ends.len() >= ROWS) {
            if let Some(full) = self.blocks.back_mut() {
                full.styles.close();
            }
            self.blocks.push_back(Block::default());
        }
        let Some(block) = self.blocks.back_mut() else { return };
        let Data::Plain(data) = &mut block.data else { return };
        pack::row(row, &mut block.styles, data);
        block.ends.push(data.len() as u32);
        self.len += 1;
    }

    /// Drops the oldest rows beyond a number.
    pub(crate) fn keep(&mut self, limit: usize) {
        let gone = self.len.saturating_sub(limit);
        self.skip += gone;
        self.len -= gone;
        while let Some(first) = self.blocks.front().map(|block| block.ends.len())
            && self.skip >= first
            // The last one is added to.
            && (self.blocks.len() > 1 || self.len == 0)
        {
            self.blocks.pop_front();
            self.skip -= first;
            self.dropped += 1;
            self.compressed = self.compressed.saturating_sub(1);
        }
    }

    /// Drops all rows.
    pub(crate) fn clear(&mut self) {
        self.keep(0);
        self.blocks = VecDeque::new();
    }

    /// A row, counted from the oldest kept one.
    pub(crate) fn get(&self, index: usize) -> Option<Row> {
        if index >= self.len {
            return None;
        }
        let at = index + self.skip;
        let (number, row) = (at / ROWS, at % ROWS);
        let block = self.blocks.get(number)?;
        match &block.data {
            Data::Plain(data) => Some(block.row(data, row)),
            Data::Compressed { bytes, length } => {
                let number = self.dropped + number as u64;
                let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
                if unpacked.as_ref().is_none_or(|(other, _)| *other != number) {
                    *unpacked = Some((number, inflated(bytes, *length)));
                }
                unpacked.as_ref().map(|(_, data)| block.row(data, row))
            }
        }
    }

    /// Whether the text of the newest row goes on in the screen's first.
    pub(crate) fn set_last_wrapped(&mut self, wrapped: bool) {
        let Some(Block { ends, data: Data::Plain(data), .. }) = self.blocks.back_mut() else {
            return;
        };
        let start = ends.len().checked_sub(2).map_or(0, |before| ends[before] as usize);
        if let Some(flags) = data.get_mut(start) {
            pack::set_wrapped(flags, wrapped);
        }
    }

    /// All styles that rows have, some of them perhaps of rows that are gone.
    pub(crate) fn styles(&self) -> impl Iterator<Item = &Style> {
        self.blocks.iter().flat_map(|block| block.styles.all())
    }

    /// Compresses what is old enough and isn't yet.
    pub(crate) fn compress(&mut self) {
        let old = self.blocks.len().saturating_sub(FRESH);
        for block in self.blocks.iter_mut().take(old).skip(self.compressed) {
            block.compress();
        }
        self.compressed = self.compressed.max(old);
    }

    /// Bytes that it takes, the allocator's own left out.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }
}

impl Block {
    fn row(&self, data: &[u8], row: usize) -> Row {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let end = self.ends[row] as usize;
        pack::unpacked(data.get(start..end).unwrap_or_default(), self.styles.all())
    }

    fn compress(&mut self) {
        let Data::Plain(data) = &self.data else { return };
        // What doesn't get smaller stays as it is.
        let Ok(bytes) = zstd::bulk::compress(data, LEVEL) else { return };
        if bytes.len() < data.len() {
            self.data = Data::Compressed { length: data.len(), bytes: bytes.into() };
        }
        self.styles.close();
        self.ends.shrink_to_fit();
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        let data = match &self.data {
            Data::Plain(data) => data.capacity(),
            Data::Compressed { bytes, .. } => bytes.len(),
        };
        data + self.styles.bytes() + self.ends.capacity() * 4
    }
}

/// What was compressed here: it comes back whole.
fn inflated(bytes: &[u8], length: usize) -> Vec<u8> {
    zstd::bulk::decompress(bytes, length).unwrap_or_default()
}

#[cfg(test)]
mod tests;
