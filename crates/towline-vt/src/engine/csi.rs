//! What escape and control sequences do.

use super::params::Csi;
use super::screen::MAX_TITLES;
use super::{Charset, Sink};

impl Sink<'_> {
    /// `ESC …`.
    pub(super) fn escape(&mut self, intermediate: u8, last: u8) {
        let screen = &mut *self.screen;
        match (intermediate, last) {
            (0, b'7') => screen.save_cursor(),
            (0, b'8') => screen.restore_cursor(),
            (0, b'=') => screen.modes.app_keypad = true,
            (0, b'>') => screen.modes.app_keypad = false,
            (0, b'D') => {
                screen.pending = false;
                screen.line_feed();
            }
            (0, b'E') => {
                screen.line_feed();
                screen.carriage_return();
            }
            (0, b'6') => screen.back_index(),
            (0, b'9') => screen.forward_index(),
            (0, b'N') => screen.shift = Some(2),
            (0, b'O') => screen.shift = Some(3),
            (0, b'H') => screen.tabs.set(screen.col, screen.cols, true),
            (0, b'M') => screen.reverse_line_feed(),
            (0, b'Z') => self.device_attributes(0),
            (0, b'c') => {
                screen.hard_reset();
                self.title("");
            }
            (0, b'n') => screen.pen.active = 2,
            (0, b'o') => screen.pen.active = 3,
            (b'#', b'8') => screen.align(),
            (b'(' | b')' | b'*' | b'+', _) => {
                screen.pen.charsets[usize::from(intermediate - b'(')] = Charset::named(last);
            }
            _ => {}
        }
    }

    /// `CSI …`.
    pub(super) fn control_sequence(&mut self, csi: &Csi) {
        match (csi.marker, csi.intermediate) {
            (0, 0) => self.plain_sequence(csi),
            (b'?', 0) => self.private_sequence(csi),
            (b'>', 0) => self.greater_sequence(csi),
            (marker, intermediate) => {
                let screen = &mut *self.screen;
                let which = screen.which();
                match (marker, intermediate, csi.last) {
                    (b'=', 0, b'u') => {
                        screen.keyboards[which].set(csi.param(0, 0), csi.param(1, 1));
                    }
                    (b'<', 0, b'u') => screen.keyboards[which].pop(csi.count()),
                    (b'=', 0, b'c') if csi.param(0, 0) == 0 => self.reply("\x1bP!|00000000\x1b\\"),
                    (0, b' ', b'q') => screen.set_cursor_style(csi.param(0, 0)),
                    (0, b' ', b'@') => screen.scroll_sideways(csi.count(), false),
                    (0, b' ', b'A') => screen.scroll_sideways(csi.count(), true),
                    (0, b'\'', b'}') => screen.edit_columns(csi.count(), true),
                    (0, b'\'', b'~') => screen.edit_columns(csi.count(), false),
                    (0, b'"', b'q') => screen.protect(csi.param(0, 0)),
                    (0, b'!', b'p') => screen.soft_reset(),
                    (0, b'$', b'p') => {
                        let mode = csi.param(0, 0);
                        self.report_mode("", mode, self.screen.mode(mode));
                    }
                    (b'?', b'$', b'p') => {
                        let mode = csi.param(0, 0);
                        self.report_mode("?", mode, self.screen.private_mode(mode));
                    }
                    _ => {}
                }
            }
        }
    }

    fn plain_sequence(&mut self, csi: &Csi) {
        let screen = &mut *self.screen;
        let count = csi.count();
        match csi.last {
            b'@' => screen.insert_chars(count),
            b'A' => screen.up(count),
            b'B' => screen.down(count),
            b'C' => screen.forward(count),
            b'D' => screen.back(count),
            b'E' => {
                screen.down(count);
                screen.carriage_return();
            }
            b'F' => {
                screen.up(count);
                screen.carriage_return();
            }
            b'a' => screen.go_on(0, count),
            b'e' => screen.go_on(count, 0),
            b'G' | b'`' => screen.go_to_col(count - 1),
            b'H' | b'f' => screen.go_to(count - 1, usize::from(csi.param(1, 1)) - 1),
            b'I' => screen.tab(count),
            b'J' => screen.erase_screen(csi.param(0, 0)),
            b'K' => screen.erase_line(csi.param(0, 0)),
            b'L' => screen.move_lines(count, false),
            b'M' => screen.move_lines(count, true),
            b'P' => screen.delete_chars(count),
            b'S' => {
                screen.pending = false;
                screen.scroll_up(count);
            }
            // With more parameters it is an old way to track the mouse.
            b'T' if csi.params().len() > 1 => {}
            b'T' | b'^' => {
                screen.pending = false;
                screen.scroll_down(count);
            }
            b'X' => screen.erase_in_row(screen.col, screen.col + count),
            b'Z' => screen.back_tab(count),
            b'b' => screen.repeat(count),
            b'c' => self.device_attributes(csi.param(0, 0)),
            b'd' => screen.go_to_row(count - 1),
            b'g' => match csi.param(0, 0) {
                0 => screen.tabs.set(screen.col, screen.cols, false),
                3 => screen.tabs.clear(screen.cols),
                _ => {}
            },
            b'h' => screen.set_modes(csi, true),
            b'l' => screen.set_modes(csi, false),
            b'n' => self.device_status(csi.param(0, 0)),
            b'r' => screen.set_margins(usize::from(csi.param(0, 1)), usize::from(csi.param(1, 0))),
            b's' if screen.flags.side_margins => {
                let (left, right) = (csi.param(0, 1), csi.param(1, 0));
                screen.set_side_margins(usize::from(left), usize::from(right));
            }
            b's' => screen.save_cursor(),
            b't' => self.window(csi),
            b'u' => screen.restore_cursor(),
            b'x' => self.terminal_parameters(csi.param(0, 0)),
            _ => {}
        }
    }

    fn private_sequence(&mut self, csi: &Csi) {
        let screen = &mut *self.screen;
        match csi.last {
            b'h' => screen.set_private_modes(csi, true),
            b'l' => screen.set_private_modes(csi, false),
            b'J' => screen.erase_selectively(csi.param(0, 0), true),
            b'K' => screen.erase_selectively(csi.param(0, 0), false),
            b'W' if csi.param(0, 0) == 5 => screen.tabs = Default::default(),
            b'm' if csi.param(0, 0) == 4 => {
                let level = screen.modes.modify_other_keys;
                self.reply(format!("\x1b[>4;{level}m"));
            }
            b'n' => self.private_status(csi.param(0, 0)),
            b'r' => screen.put_back_private_modes(csi),
            b's' => screen.keep_private_modes(csi),
            b'u' => {
                let flags = screen.keyboards[screen.which()].flags();
                self.reply(format!("\x1b[?{flags}u"));
            }
            _ => {}
        }
    }

    fn greater_sequence(&mut self, csi: &Csi) {
        let screen = &mut *self.screen;
        match csi.last {
            b'c' if csi.param(0, 0) == 0 => self.reply("\x1b[>41;380;0c"),
            b'm' if csi.param(0, 0) == 4 => {
                screen.modes.modify_other_keys = csi.param(1, 0).min(2) as u8;
            }
            b'm' if csi.param(0, 0) == 0 => screen.modes.modify_other_keys = 0,
            b'n' if csi.param(0, 0) == 4 => screen.modes.modify_other_keys = 0,
            b'q' => self.reply(concat!("\x1bP>|towline ", env!("CARGO_PKG_VERSION"), "\x1b\\")),
            b'u' => {
                let which = screen.which();
                screen.keyboards[which].push(csi.param(0, 0));
            }
            _ => {}
        }
    }

    /// XTWINOPS. Nothing moves or resizes a pane; sizes are told, titles kept.
    fn window(&mut self, csi: &Csi) {
        let screen = &mut *self.screen;
        match csi.param(0, 0) {
            22 if csi.param(1, 0) != 1 => {
                if screen.titles.len() == MAX_TITLES {
                    screen.titles.remove(0);
                }
                screen.titles.push(screen.title.clone());
            }
            23 if csi.param(1, 0) != 1 => {
                if let Some(title) = screen.titles.pop() {
                    self.title(&title);
                }
            }
            what => self.window_report(what),
        }
    }
}
