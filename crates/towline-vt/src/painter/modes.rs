//! The modes of a pane that its clients' terminals take over, so that what is typed there is what
//! the program expects.

use crate::modes::{Modes, MouseEncoding, MouseMode};
use crate::style::number;

/// The modes a painter sets. The default is what [`Mirrored::establish`] makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mirrored {
    app_cursor: bool,
    app_keypad: bool,
    bracketed_paste: bool,
    mouse: MouseMode,
    encoding: MouseEncoding,
    focus: bool,
    wheel: bool,
    keyboard: u8,
    other_keys: u8,
    hidden: bool,
    style: u8,
    reverse: bool,
}

impl Mirrored {
    /// What a program's modes ask of the client's terminal.
    pub(super) fn of(modes: &Modes) -> Self {
        Mirrored {
            app_cursor: modes.app_cursor,
            app_keypad: modes.app_keypad,
            bracketed_paste: modes.bracketed_paste,
            mouse: modes.mouse,
            encoding: modes.mouse_encoding,
            focus: modes.focus_events,
            // The client's terminal always shows its alternate screen. On the pane's main screen
            // the wheel must not become cursor keys.
            wheel: modes.alternate_scroll && modes.alt_screen,
            keyboard: modes.keyboard,
            other_keys: modes.modify_other_keys,
            hidden: !modes.cursor_visible,
            style: modes.cursor_style(),
            reverse: modes.reverse_video,
        }
    }

    /// Appends what makes the client's terminal have the default modes, but for the cursor's
    /// visibility.
    pub(super) fn establish(out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"\x1b[?1l\x1b>\x1b[?2004l\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\
              \x1b[?1015l\x1b[?1016l\x1b[?1004l\x1b[?1007l\x1b[?5l\x1b[=0;1u\x1b[>4;0m\x1b[0 q",
        );
    }

    /// The frame has hidden the cursor.
    pub(super) fn hide_cursor(&mut self) {
        self.hidden = true;
    }

    /// Appends what makes these modes those.
    pub(super) fn change(&self, out: &mut Vec<u8>, to: Self) {
        let private = |out: &mut Vec<u8>, mode: u16, on: bool| {
            number(out, format_args!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }));
        };
        for (mode, was, is) in [
            (1, self.app_cursor, to.app_cursor),
            (2004, self.bracketed_paste, to.bracketed_paste),
            (1004, self.focus, to.focus),
            (1007, self.wheel, to.wheel),
            (5, self.reverse, to.reverse),
        ] {
            if was != is {
                private(out, mode, is);
            }
        }
        for (was, is) in [
            (self.mouse.number(), to.mouse.number()),
            (self.encoding.number(), to.encoding.number()),
        ] {
            if was != is {
                was.inspect(|&mode| private(out, mode, false));
                is.inspect(|&mode| private(out, mode, true));
            }
        }
        if self.app_keypad != to.app_keypad {
            out.extend_from_slice(if to.app_keypad { b"\x1b=" } else { b"\x1b>" });
        }
        if self.keyboard != to.keyboard {
            number(out, format_args!("\x1b[={};1u", to.keyboard));
        }
        if self.other_keys != to.other_keys {
            number(out, format_args!("\x1b[>4;{}m", to.other_keys));
        }
        if self.style != to.style {
            number(out, format_args!("\x1b[{} q", to.style));
        }
        if self.hidden != to.hidden {
            private(out, 25, !to.hidden);
        }
    }
}

/// Appends what puts every mode a painter may have set back to a terminal's default.
pub(super) fn leave(out: &mut Vec<u8>) {
    Mirrored::establish(out);
    out.extend_from_slice(
        b"\x1b[?25h\x1b[?1007h\x1b]8;;\x1b\\\x1b[m\x0f\x1b(B\x1b[r\x1b[?6l\x1b[4l\x1b[?7h\x1b[?2026l",
    );
}
