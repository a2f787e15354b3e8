//! Setting, resetting and reporting modes.

use super::Screen;
use super::parser::Csi;
use crate::modes::{CursorShape, MouseEncoding, MouseMode};

impl Screen {
    /// The modes as a reader wants them.
    pub(crate) fn current_modes(&self) -> crate::Modes {
        crate::Modes {
            alt_screen: self.alt.is_some(),
            keyboard: self.keyboards[self.which()].flags(),
            ..self.modes
        }
    }

    /// SM and RM.
    pub(super) fn set_modes(&mut self, csi: &Csi, on: bool) {
        for &mode in csi.params() {
            match mode {
                4 => self.modes.insert = on,
                20 => self.modes.newline = on,
                _ => {}
            }
        }
    }

    /// DECSET and DECRST.
    pub(super) fn set_private_modes(&mut self, csi: &Csi, on: bool) {
        for &mode in csi.params() {
            self.set_private_mode(mode, on);
        }
    }

    fn set_private_mode(&mut self, mode: u16, on: bool) {
        let modes = &mut self.modes;
        match mode {
            1 => modes.app_cursor = on,
            6 => {
                modes.origin = on;
                self.go_to(0, 0);
            }
            7 => modes.autowrap = on,
            9 => self.set_mouse(MouseMode::X10, on),
            // Terminfo's `cnorm` resets it although the user may want a blinking cursor: it only
            // counts after the program has chosen a shape.
            12 if modes.cursor_shape != CursorShape::Default => modes.cursor_blink = on,
            25 => modes.cursor_visible = on,
            66 => modes.app_keypad = on,
            47 | 1047 => self.show_alt(on),
            1000 => self.set_mouse(MouseMode::Click, on),
            1002 => self.set_mouse(MouseMode::Drag, on),
            1003 => self.set_mouse(MouseMode::Motion, on),
            1004 => modes.focus_events = on,
            1005 => self.set_encoding(MouseEncoding::Utf8, on),
            1006 => self.set_encoding(MouseEncoding::Sgr, on),
            1007 => modes.alternate_scroll = on,
            1015 => self.set_encoding(MouseEncoding::Urxvt, on),
            1016 => self.set_encoding(MouseEncoding::SgrPixels, on),
            1048 if on => self.save_cursor(),
            1048 => self.restore_cursor(),
            1049 => self.switch_alt(on),
            2004 => modes.bracketed_paste = on,
            2026 => self.synchronized = on,
            _ => {}
        }
    }

    fn show_alt(&mut self, on: bool) {
        if on { self.enter_alt() } else { self.leave_alt() }
    }

    /// 1049: the cursor of the main screen is kept for the return.
    fn switch_alt(&mut self, on: bool) {
        if on && self.alt.is_none() {
            self.save_cursor();
            self.enter_alt();
        } else if !on && self.alt.is_some() {
            self.leave_alt();
            self.restore_cursor();
        }
    }

    /// Resetting any mouse mode turns reports off, as in xterm.
    fn set_mouse(&mut self, mode: MouseMode, on: bool) {
        self.modes.mouse = if on { mode } else { MouseMode::Off };
    }

    fn set_encoding(&mut self, encoding: MouseEncoding, on: bool) {
        if on {
            self.modes.mouse_encoding = encoding;
        } else if self.modes.mouse_encoding == encoding {
            self.modes.mouse_encoding = MouseEncoding::Default;
        }
    }

    /// DECSCUSR.
    pub(super) fn set_cursor_style(&mut self, style: u16) {
        let shape = match style {
            0 => CursorShape::Default,
            1 | 2 => CursorShape::Block,
            3 | 4 => CursorShape::Underline,
            5 | 6 => CursorShape::Bar,
            _ => return,
        };
        self.modes.cursor_shape = shape;
        self.modes.cursor_blink = style % 2 == 1;
    }

    /// Whether a mode is set; nothing for one that is not known.
    pub(super) fn mode(&self, mode: u16) -> Option<bool> {
        match mode {
            4 => Some(self.modes.insert),
            20 => Some(self.modes.newline),
            _ => None,
        }
    }

    /// Whether a private mode is set; nothing for one that is not known.
    pub(super) fn private_mode(&self, mode: u16) -> Option<bool> {
        let modes = &self.modes;
        Some(match mode {
            1 => modes.app_cursor,
            6 => modes.origin,
            7 => modes.autowrap,
            9 => modes.mouse == MouseMode::X10,
            12 => modes.cursor_blink,
            25 => modes.cursor_visible,
            66 => modes.app_keypad,
            47 | 1047 | 1049 => self.alt.is_some(),
            1000 => modes.mouse == MouseMode::Click,
            1002 => modes.mouse == MouseMode::Drag,
            1003 => modes.mouse == MouseMode::Motion,
            1004 => modes.focus_events,
            1005 => modes.mouse_encoding == MouseEncoding::Utf8,
            1006 => modes.mouse_encoding == MouseEncoding::Sgr,
            1007 => modes.alternate_scroll,
            1015 => modes.mouse_encoding == MouseEncoding::Urxvt,
            1016 => modes.mouse_encoding == MouseEncoding::SgrPixels,
            2004 => modes.bracketed_paste,
            2026 => self.synchronized,
            _ => return None,
        })
    }
}
