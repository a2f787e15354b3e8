//! Setting, resetting and reporting modes.

use super::Screen;
use super::params::Csi;
use crate::modes::{CursorShape, MouseEncoding, MouseMode};

/// Modes that matter to nobody but the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Moving left from the first column goes on in the row above, where that was wrapped (45).
    pub(crate) reverse_wrap: bool,
    /// The same whether it was wrapped or not, and from the top to the bottom (1045).
    pub(crate) reverse_wrap_always: bool,
    /// DECSLRM is in force (DECLRMM, 69).
    pub(crate) side_margins: bool,
    /// A cluster of characters that is drawn as one takes the cells of one (2027).
    pub(crate) clusters: bool,
    /// The program wants to be told when the colours become dark or light (2031). They never do.
    pub(crate) scheme_reports: bool,
}

/// The state of a mode, as DECRPM numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModeState {
    Unknown = 0,
    Set = 1,
    Reset = 2,
    AlwaysSet = 3,
    AlwaysReset = 4,
}

impl From<bool> for ModeState {
    fn from(on: bool) -> Self {
        if on { ModeState::Set } else { ModeState::Reset }
    }
}

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

    /// XTSAVE: keeps what private modes are.
    pub(super) fn keep_private_modes(&mut self, csi: &Csi) {
        for &mode in csi.params() {
            match self.private_mode(mode) {
                ModeState::Set => self.kept_modes.insert(mode, true),
                ModeState::Reset => self.kept_modes.insert(mode, false),
                _ => None,
            };
        }
    }

    /// XTRESTORE: what was kept.
    pub(super) fn put_back_private_modes(&mut self, csi: &Csi) {
        for &mode in csi.params() {
            if let Some(&on) = self.kept_modes.get(&mode) {
                // Of modes that exclude each other the one that is off must not undo the other.
                if ModeState::from(on) != self.private_mode(mode) {
                    self.set_private_mode(mode, on);
                }
            }
        }
    }

    fn set_private_mode(&mut self, mode: u16, on: bool) {
        let modes = &mut self.modes;
        match mode {
            1 => modes.app_cursor = on,
            5 => modes.reverse_video = on,
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
            45 => self.flags.reverse_wrap = on,
            66 => modes.app_keypad = on,
            69 => {
                self.flags.side_margins = on;
                (self.left, self.right) = (0, self.cols);
            }
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
            1045 => self.flags.reverse_wrap_always = on,
            1048 if on => self.save_cursor(),
            1048 => self.restore_cursor(),
            1049 => self.switch_alt(on),
            2004 => modes.bracketed_paste = on,
            2026 => self.synchronized = on,
            2027 => self.flags.clusters = on,
            2031 => self.flags.scheme_reports = on,
            _ => {}
        }
    }

    fn show_alt(&mut self, on: bool) {
        if on { self.enter_alt() } else { self.leave_alt() }
    }

    /// 1049: the cursor of the main screen is kept for the return.
    fn switch_alt(&mut self, on: bool) {
        if on {
            let shown = self.alt.is_some();
            self.save_cursor();
            self.enter_alt();
            if shown {
                self.blank_rows(0, self.lines);
                self.pending = false;
            }
        } else if self.alt.is_some() {
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

    /// The state of a mode of the standard.
    pub(super) fn mode(&self, mode: u16) -> ModeState {
        match mode {
            // The keyboard is never locked, and what is typed never shown by the terminal itself.
            2 => ModeState::AlwaysReset,
            4 => self.modes.insert.into(),
            12 => ModeState::AlwaysSet,
            20 => self.modes.newline.into(),
            _ => ModeState::Unknown,
        }
    }

    /// The state of a private mode.
    pub(super) fn private_mode(&self, mode: u16) -> ModeState {
        let modes = &self.modes;
        let on = match mode {
            // 132 columns and smooth scrolling: never. Keys repeat: always.
            3 | 4 => return ModeState::AlwaysReset,
            8 => return ModeState::AlwaysSet,
            1 => modes.app_cursor,
            5 => modes.reverse_video,
            6 => modes.origin,
            7 => modes.autowrap,
            9 => modes.mouse == MouseMode::X10,
            12 => modes.cursor_blink,
            25 => modes.cursor_visible,
            45 => self.flags.reverse_wrap,
            66 => modes.app_keypad,
            69 => self.flags.side_margins,
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
            1045 => self.flags.reverse_wrap_always,
            2004 => modes.bracketed_paste,
            2026 => self.synchronized,
            2027 => self.flags.clusters,
            2031 => self.flags.scheme_reports,
            _ => return ModeState::Unknown,
        };
        on.into()
    }
}
