//! Tab stops.

/// Columns between the tab stops a terminal starts with.
const INTERVAL: usize = 8;

/// The tab stops of a screen. Nothing is stored until a program changes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tabs {
    pub(crate) custom: Option<Vec<bool>>,
}

impl Tabs {
    fn is_stop(&self, col: usize) -> bool {
        match &self.custom {
            Some(stops) => stops.get(col).copied().unwrap_or(col.is_multiple_of(INTERVAL)),
            None => col.is_multiple_of(INTERVAL),
        }
    }

    /// The stop after a column, or the last column.
    pub(super) fn next(&self, col: usize, cols: usize) -> usize {
        (col + 1..cols).find(|&c| self.is_stop(c)).unwrap_or(cols - 1)
    }

    /// The stop before a column, or the first column.
    pub(super) fn previous(&self, col: usize) -> usize {
        (0..col).rev().find(|&c| self.is_stop(c)).unwrap_or(0)
    }

    pub(super) fn set(&mut self, col: usize, cols: usize, stop: bool) {
        let stops = self
            .custom
            .get_or_insert_with(|| (0..cols).map(|c| c.is_multiple_of(INTERVAL)).collect());
        let known = stops.len();
        stops.extend((known..cols).map(|c| c.is_multiple_of(INTERVAL)));
        stops[col] = stop;
    }

    /// The screen has become narrower or wider: what was beyond its edge is forgotten.
    pub(super) fn fit(&mut self, cols: usize) {
        if let Some(stops) = &mut self.custom {
            stops.truncate(cols);
        }
    }

    pub(super) fn clear(&mut self, cols: usize) {
        self.custom = Some(vec![false; cols]);
    }
}
