//! One cell of a screen, and how it looks.
//!
//! A cell is 16 bytes and `Copy`: rows are compared and moved as plain memory. What few cells have
//! (combining characters, a link, an underline colour) lies in [`crate::extras::Extras`].

/// A colour: the terminal's default, one of the 256, or 24 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Color(pub(crate) u32);

/// A [`Color`] taken apart.
pub(crate) enum ColorKind {
    /// The terminal's own foreground or background.
    Default,
    /// An entry of the palette.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

impl Color {
    pub(crate) const DEFAULT: Color = Color(0);
    const INDEXED: u32 = 1 << 24;
    const RGB: u32 = 2 << 24;

    pub(crate) const fn indexed(index: u8) -> Self {
        Color(Self::INDEXED | index as u32)
    }

    pub(crate) const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Color(Self::RGB | (r as u32) << 16 | (g as u32) << 8 | b as u32)
    }

    pub(crate) const fn kind(self) -> ColorKind {
        match self.0 & 0xff00_0000 {
            Self::INDEXED => ColorKind::Indexed(self.0 as u8),
            Self::RGB => ColorKind::Rgb((self.0 >> 16) as u8, (self.0 >> 8) as u8, self.0 as u8),
            _ => ColorKind::Default,
        }
    }
}

/// Attribute bits of a cell: how it is drawn, and its part in a wide character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Attrs(pub(crate) u16);

impl Attrs {
    pub(crate) const BOLD: u16 = 1;
    pub(crate) const DIM: u16 = 1 << 1;
    pub(crate) const ITALIC: u16 = 1 << 2;
    pub(crate) const BLINK: u16 = 1 << 3;
    pub(crate) const INVERSE: u16 = 1 << 4;
    pub(crate) const HIDDEN: u16 = 1 << 5;
    pub(crate) const STRIKE: u16 = 1 << 6;
    pub(crate) const OVERLINE: u16 = 1 << 7;
    const UNDERLINE_SHIFT: u16 = 8;
    const UNDERLINE: u16 = 7 << Self::UNDERLINE_SHIFT;
    /// The left half of a character two cells wide.
    pub(crate) const WIDE: u16 = 1 << 11;
    /// The right half of a character two cells wide.
    pub(crate) const SPACER: u16 = 1 << 12;
    /// The last cell of a row, left blank because the wide character after it did not fit.
    pub(crate) const LEAD: u16 = 1 << 13;
    /// Selective erasing leaves it (DECSCA).
    pub(crate) const PROTECTED: u16 = 1 << 14;
    const NOT_DRAWN: u16 = Self::WIDE | Self::SPACER | Self::LEAD | Self::PROTECTED;
    /// What shows on a cell that holds a space.
    const SHOWS_ON_SPACE: u16 = Self::INVERSE | Self::STRIKE | Self::OVERLINE | Self::UNDERLINE;

    pub(crate) const fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }

    pub(crate) const fn with(self, bits: u16) -> Self {
        Attrs(self.0 | bits)
    }

    pub(crate) const fn without(self, bits: u16) -> Self {
        Attrs(self.0 & !bits)
    }

    /// Without the bits that tell a cell's part in a wide character, and what may erase it.
    pub(crate) const fn drawn(self) -> Self {
        Attrs(self.0 & !Self::NOT_DRAWN)
    }

    /// The underline's shape: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    pub(crate) const fn underline(self) -> u16 {
        (self.0 & Self::UNDERLINE) >> Self::UNDERLINE_SHIFT
    }

    pub(crate) const fn with_underline(self, shape: u16) -> Self {
        let shape = if shape > 5 { 1 } else { shape };
        Attrs(self.0 & !Self::UNDERLINE | shape << Self::UNDERLINE_SHIFT)
    }
}

/// Everything about a cell but its character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Style {
    pub(crate) fg: Color,
    pub(crate) bg: Color,
    pub(crate) attrs: Attrs,
    /// An entry of [`crate::extras::Extras`]; 0 is none.
    pub(crate) extra: u16,
}

impl Style {
    pub(crate) const DEFAULT: Style =
        Style { fg: Color::DEFAULT, bg: Color::DEFAULT, attrs: Attrs(0), extra: 0 };

    /// Whether a canonical cell looks the same when written with this style: blanks show little.
    pub(crate) fn suits(self, cell: &Cell) -> bool {
        let blank = cell.c == ' ' && cell.style == cell.style.erased();
        self == cell.style
            || blank
                && self.bg == cell.style.bg
                && self.extra == 0
                && !self.attrs.has(Attrs::SHOWS_ON_SPACE)
    }

    /// What erasing with this style leaves: the background alone.
    pub(crate) const fn erased(self) -> Self {
        Style { bg: self.bg, ..Self::DEFAULT }
    }
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    pub(crate) c: char,
    pub(crate) style: Style,
}

impl Cell {
    pub(crate) const BLANK: Cell = Cell { c: ' ', style: Style::DEFAULT };

    pub(crate) const fn new(c: char, style: Style) -> Self {
        Cell { c, style }
    }

    pub(crate) const fn has(&self, bits: u16) -> bool {
        self.style.attrs.has(bits)
    }

    /// The cell with everything removed that cannot be seen, so that cells that look the same
    /// compare equal: a bold space is a space.
    pub(crate) fn canonical(&self) -> Self {
        let mut cell = *self;
        cell.style.attrs = cell.style.attrs.without(Attrs::LEAD | Attrs::PROTECTED);
        let shows = cell.style.attrs.has(Attrs::SHOWS_ON_SPACE | Attrs::SPACER);
        if cell.c == ' ' && cell.style.extra == 0 && !shows {
            cell.style.fg = Color::DEFAULT;
            cell.style.attrs = Attrs::default();
        }
        cell
    }

    /// All of it as two numbers, for hashing.
    pub(crate) fn words(&self) -> (u64, u64) {
        let Style { fg, bg, attrs, extra } = self.style;
        let rest = u64::from(attrs.0) << 16 | u64::from(extra);
        (u64::from(self.c) << 32 | u64::from(fg.0), u64::from(bg.0) << 32 | rest)
    }

    /// Whether nothing can be seen of it.
    pub(crate) fn is_blank(&self) -> bool {
        self.c == ' ' && self.canonical() == Cell::BLANK
    }
}

const _: () = assert!(size_of::<Cell>() == 16);
