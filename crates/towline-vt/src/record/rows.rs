//! Rows of cells as a record holds them: runs of one style, which is named by its place in a list that grows
//! with the record.

use super::RecordError;
use super::codec::{Codec, Source};
use crate::cell::{Cell, Style};
use crate::engine::Row;
use std::collections::HashMap;

/// Writes rows.
#[derive(Default)]
pub(super) struct RowWriter {
    styles: HashMap<Style, usize>,
}

impl RowWriter {
    pub(super) fn row(&mut self, row: &Row, to: &mut Vec<u8>) {
        let cells = row.cells();
        row.wrapped.write(to);
        cells.len().write(to);
        for run in cells.chunk_by(|a, b| a.style == b.style) {
            let style = run[0].style;
            let next = self.styles.len();
            let number = *self.styles.entry(style).or_insert(next);
            run.len().write(to);
            number.write(to);
            if number == next {
                style.write(to);
            }
            run.iter().for_each(|cell| cell.c.write(to));
        }
    }
}

/// Reads rows.
#[derive(Default)]
pub(super) struct RowReader {
    styles: Vec<Style>,
}

impl RowReader {
    /// A row of a screen of `cols` columns, whose styles may name the extras below `extras`.
    pub(super) fn row(
        &mut self,
        from: &mut Source<'_>,
        cols: usize,
        extras: usize,
        changed: u64,
    ) -> Result<Row, RecordError> {
        let wrapped = bool::read(from)?;
        let count = usize::read(from)?;
        if count > cols {
            return Err(RecordError::Malformed);
        }
        let mut cells = Vec::with_capacity(count);
        while cells.len() < count {
            let run = usize::read(from)?;
            if run == 0 || run > count - cells.len() {
                return Err(RecordError::Malformed);
            }
            let number = usize::read(from)?;
            if number == self.styles.len() {
                let style = Style::read(from)?;
                if usize::from(style.extra) >= extras {
                    return Err(RecordError::Malformed);
                }
                self.styles.push(style);
            }
            let style = *self.styles.get(number).ok_or(RecordError::Malformed)?;
            for _ in 0..run {
                cells.push(Cell::new(char::read(from)?, style));
            }
        }
        Ok(Row::from_cells(cells, wrapped, changed))
    }
}
