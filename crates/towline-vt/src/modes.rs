//! The modes a program has set, as plain data.

/// Which mouse events the program wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MouseMode {
    /// None.
    #[default]
    Off,
    /// Presses only (mode 9).
    X10,
    /// Presses and releases (mode 1000).
    Click,
    /// And motion while a button is down (mode 1002).
    Drag,
    /// And all motion (mode 1003).
    Motion,
}

impl MouseMode {
    /// The number of the DEC private mode, if any.
    pub(crate) fn number(self) -> Option<u16> {
        match self {
            MouseMode::Off => None,
            MouseMode::X10 => Some(9),
            MouseMode::Click => Some(1000),
            MouseMode::Drag => Some(1002),
            MouseMode::Motion => Some(1003),
        }
    }
}

/// How mouse events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MouseEncoding {
    /// `CSI M` and three bytes.
    #[default]
    Default,
    /// `CSI M` and three UTF-8 characters (mode 1005).
    Utf8,
    /// `CSI <` with decimal numbers (mode 1006).
    Sgr,
    /// Decimal numbers without a marker (mode 1015).
    Urxvt,
    /// As `Sgr`, in pixels (mode 1016).
    SgrPixels,
}

impl MouseEncoding {
    /// The number of the DEC private mode, if any.
    pub(crate) fn number(self) -> Option<u16> {
        match self {
            MouseEncoding::Default => None,
            MouseEncoding::Utf8 => Some(1005),
            MouseEncoding::Sgr => Some(1006),
            MouseEncoding::Urxvt => Some(1015),
            MouseEncoding::SgrPixels => Some(1016),
        }
    }
}

/// The cursor's shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CursorShape {
    /// What the user's terminal is set to.
    #[default]
    Default,
    /// A block.
    Block,
    /// A line under the character.
    Underline,
    /// A bar before the character.
    Bar,
}

/// The modes of a terminal that matter to who shows it or types into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Modes {
    /// The alternate screen is shown (1049, 1047, 47).
    pub alt_screen: bool,
    /// Cursor keys send `ESC O` (DECCKM).
    pub app_cursor: bool,
    /// The keypad sends escape sequences (DECKPAM).
    pub app_keypad: bool,
    /// Pastes are to be bracketed (2004).
    pub bracketed_paste: bool,
    /// Which mouse events the program wants.
    pub mouse: MouseMode,
    /// How it wants them written.
    pub mouse_encoding: MouseEncoding,
    /// The program wants to know about focus (1004).
    pub focus_events: bool,
    /// The wheel sends cursor keys on the alternate screen (1007).
    pub alternate_scroll: bool,
    /// The flags of the kitty keyboard protocol: 1 disambiguate, 2 event types, 4 alternate keys,
    /// 8 all keys as escape codes, 16 associated text.
    pub keyboard: u8,
    /// XTerm's modifyOtherKeys level: 0, 1 or 2.
    pub modify_other_keys: u8,
    /// The cursor is shown (DECTCEM).
    pub cursor_visible: bool,
    /// The cursor's shape.
    pub cursor_shape: CursorShape,
    /// The cursor blinks. Meaningless while the shape is `Default`.
    pub cursor_blink: bool,
    /// Text wraps at the right edge (DECAWM).
    pub autowrap: bool,
    /// Text is inserted (IRM).
    pub insert: bool,
    /// Rows count from the top margin (DECOM).
    pub origin: bool,
    /// A line feed also returns the carriage (LNM).
    pub newline: bool,
    /// Foreground and background are exchanged all over the screen (DECSCNM).
    pub reverse_video: bool,
}

impl Default for Modes {
    fn default() -> Self {
        Modes {
            alt_screen: false,
            app_cursor: false,
            app_keypad: false,
            bracketed_paste: false,
            mouse: MouseMode::Off,
            mouse_encoding: MouseEncoding::Default,
            focus_events: false,
            // On, as in most terminals of today (xterm is the exception).
            alternate_scroll: true,
            keyboard: 0,
            modify_other_keys: 0,
            cursor_visible: true,
            cursor_shape: CursorShape::Default,
            cursor_blink: false,
            autowrap: true,
            insert: false,
            origin: false,
            newline: false,
            reverse_video: false,
        }
    }
}

impl Modes {
    /// The parameter of DECSCUSR (`CSI n SP q`) that sets this cursor style.
    pub(crate) fn cursor_style(&self) -> u8 {
        let steady = u8::from(!self.cursor_blink);
        match self.cursor_shape {
            CursorShape::Default => 0,
            CursorShape::Block => 1 + steady,
            CursorShape::Underline => 3 + steady,
            CursorShape::Bar => 5 + steady,
        }
    }
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Column, from 0.
    pub col: u16,
    /// Row of the screen, from 0.
    pub row: u16,
    /// The last column has been written and the next character goes to the next row.
    pub pending_wrap: bool,
}
