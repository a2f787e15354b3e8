//! Character sets: ASCII and the line drawing of DEC terminals.

/// A designated character set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Charset {
    /// ASCII.
    #[default]
    Ascii,
    /// DEC Special Graphics.
    Drawing,
    /// ASCII with a pound sign in place of `#`.
    British,
}

impl Charset {
    /// The set that a designation's last byte names; ASCII for those that nobody uses any more.
    pub(super) fn named(last: u8) -> Self {
        match last {
            b'0' => Charset::Drawing,
            b'A' => Charset::British,
            _ => Charset::Ascii,
        }
    }

    /// The character shown for a printable ASCII byte.
    pub(super) fn map(self, byte: u8) -> char {
        // 0x5f to 0x7e, from the VT220 programmer reference manual.
        const DRAWING: [char; 32] = [
            ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺',
            '⎻', '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
        ];
        match (self, byte) {
            (Charset::Drawing, 0x5f..=0x7e) => DRAWING[usize::from(byte - 0x5f)],
            (Charset::British, b'#') => '£',
            _ => char::from(byte),
        }
    }
}
