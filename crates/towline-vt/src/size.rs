//! The size of a screen.

/// Columns and rows of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns (cells per row).
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Size {
    /// A size that can hold a cursor: zero becomes one.
    pub(crate) fn clamped(self) -> Self {
        Size { cols: self.cols.max(1), rows: self.rows.max(1) }
    }
}
