//! Modes.

use super::case::{Group, entry, is, lines, replies, told};
use towline_vt::{MouseEncoding, MouseMode};

pub(crate) const GROUP: Group = Group {
    title: "Modes",
    entries: &[
        entry(
            "CSI ? 1 h",
            "DECCKM",
            "Cursor keys send `ESC O`.",
            &[
                is("\x1b[?1h", |t| t.modes().app_cursor),
                is("\x1b[?1h\x1b[?1l", |t| !t.modes().app_cursor),
            ],
        ),
        entry(
            "ESC =, ESC >, CSI ? 66 h",
            "DECKPAM, DECKPNM, DECNKM",
            "The keypad sends sequences, or digits.",
            &[
                is("\x1b=", |t| t.modes().app_keypad),
                is("\x1b=\x1b>", |t| !t.modes().app_keypad),
                is("\x1b[?66h", |t| t.modes().app_keypad),
            ],
        ),
        entry(
            "CSI ? 5 h",
            "DECSCNM",
            "Foreground and background exchanged all over.",
            &[
                is("\x1b[?5h", |t| t.modes().reverse_video),
                is("\x1b[?5h\x1b[?5l", |t| !t.modes().reverse_video),
            ],
        ),
        entry(
            "CSI ? 12 h",
            "",
            "The cursor blinks, where the program has chosen its shape.",
            &[
                is("\x1b[2 q\x1b[?12h", |t| t.modes().cursor_blink),
                is("\x1b[?12h", |t| !t.modes().cursor_blink),
            ],
        ),
        entry(
            "CSI ? 25 h",
            "DECTCEM",
            "The cursor is shown.",
            &[
                is("\x1b[?25l", |t| !t.modes().cursor_visible),
                is("\x1b[?25l\x1b[?25h", |t| t.modes().cursor_visible),
            ],
        ),
        entry(
            "CSI ? 9 h",
            "X10 mouse",
            "Presses are reported.",
            &[is("\x1b[?9h", |t| t.modes().mouse == MouseMode::X10)],
        ),
        entry(
            "CSI ? 1000 h, CSI ? 1002 h, CSI ? 1003 h",
            "mouse",
            "And releases; motion with a button; all motion. Off: none at all.",
            &[
                is("\x1b[?1000h", |t| t.modes().mouse == MouseMode::Click),
                is("\x1b[?1002h", |t| t.modes().mouse == MouseMode::Drag),
                is("\x1b[?1003h", |t| t.modes().mouse == MouseMode::Motion),
                is("\x1b[?1003h\x1b[?1000l", |t| t.modes().mouse == MouseMode::Off),
            ],
        ),
        entry(
            "CSI ? 1004 h",
            "focus",
            "Focus is reported.",
            &[is("\x1b[?1004h", |t| t.modes().focus_events)],
        ),
        entry(
            "CSI ? 1005 h, CSI ? 1006 h, CSI ? 1015 h, CSI ? 1016 h",
            "mouse",
            "How reports are written: UTF-8, SGR, urxvt, SGR in pixels.",
            &[
                is("\x1b[?1005h", |t| t.modes().mouse_encoding == MouseEncoding::Utf8),
                is("\x1b[?1006h", |t| t.modes().mouse_encoding == MouseEncoding::Sgr),
                is("\x1b[?1015h", |t| t.modes().mouse_encoding == MouseEncoding::Urxvt),
                is("\x1b[?1016h", |t| t.modes().mouse_encoding == MouseEncoding::SgrPixels),
                is("\x1b[?1006h\x1b[?1015l", |t| t.modes().mouse_encoding == MouseEncoding::Sgr),
                is("\x1b[?1006h\x1b[?1006l", |t| {
                    t.modes().mouse_encoding == MouseEncoding::Default
                }),
            ],
        ),
        entry(
            "CSI ? 1007 h",
            "alternate scroll",
            "The wheel sends cursor keys on the alternate screen. On at the start.",
            &[
                is("", |t| t.modes().alternate_scroll),
                is("\x1b[?1007l", |t| !t.modes().alternate_scroll),
            ],
        ),
        entry(
            "CSI ? 2004 h",
            "bracketed paste",
            "Pastes are bracketed.",
            &[
                is("\x1b[?2004h", |t| t.modes().bracketed_paste),
                is("\x1b[?2004h\x1b[?2004l", |t| !t.modes().bracketed_paste),
            ],
        ),
        entry(
            "CSI ? 2026 h",
            "synchronized output",
            "A frame begins, and ends (l). How long to wait for its end is up to who paints.",
            &[
                is("\x1b[?2026h", |t| t.synchronized()),
                is("\x1b[?2026hx\x1b[?2026l", |t| !t.synchronized()),
            ],
        ),
        entry(
            "DCS = Ps s ST",
            "synchronized output",
            "The same in an older form: 1 begins, 2 ends.",
            &[
                is("\x1bP=1s\x1b\\", |t| t.synchronized()),
                is("\x1bP=1s\x1b\\x\x1bP=2s\x1b\\", |t| !t.synchronized()),
            ],
        ),
        entry(
            "CSI ? 2031 h",
            "",
            "The program wants to hear when colours become dark or light. They never do.",
            &[replies("\x1b[?2031h\x1b[?2031$p", "\x1b[?2031;1$y")],
        ),
        entry(
            "CSI ? Pm s",
            "XTSAVE",
            "Keeps private modes.",
            &[
                lines("\x1b[?7s\x1b[?7l\x1b[?7r0123456789a", &["0123456789", "a"]),
                is("\x1b[?1003h\x1b[?1000;1003s\x1b[?1003l\x1b[?1000;1003r", |t| {
                    t.modes().mouse == MouseMode::Motion
                }),
            ],
        ),
        entry(
            "CSI ? Pm r",
            "XTRESTORE",
            "Brings back those that were kept.",
            &[
                is("\x1b[?2004s\x1b[?2004h\x1b[?2004r", |t| !t.modes().bracketed_paste),
                is("\x1b[?2004h\x1b[?2004r", |t| t.modes().bracketed_paste),
            ],
        ),
        entry(
            "CSI > Pf u",
            "kitty keyboard",
            "Puts the flags on the screen's stack and sets others; sixteen deep.",
            &[
                is("\x1b[>5u", |t| t.modes().keyboard == 5),
                is("\x1b[>5u\x1b[?1049h", |t| t.modes().keyboard == 0),
                is("\x1b[>5u\x1b[?1049h\x1b[>1u\x1b[?1049l", |t| t.modes().keyboard == 5),
            ],
        ),
        entry(
            "CSI < Ps u",
            "kitty keyboard",
            "Takes flags off the stack.",
            &[
                is("\x1b[>5u\x1b[>1u\x1b[<u", |t| t.modes().keyboard == 5),
                is("\x1b[>5u\x1b[>1u\x1b[<9u", |t| t.modes().keyboard == 0),
            ],
        ),
        entry(
            "CSI = Pf ; Pm u",
            "kitty keyboard",
            "Sets flags (1), adds some (2), removes some (3).",
            &[
                is("\x1b[=5u", |t| t.modes().keyboard == 5),
                is("\x1b[=5u\x1b[=2;2u", |t| t.modes().keyboard == 7),
                is("\x1b[=5u\x1b[=1;3u", |t| t.modes().keyboard == 4),
                is("\x1b[=255u", |t| t.modes().keyboard == 31),
            ],
        ),
        entry(
            "CSI > 4 ; Ps m",
            "XTMODKEYS",
            "modifyOtherKeys. `CSI > 4 n` and `CSI > m` turn it off.",
            &[
                is("\x1b[>4;2m", |t| t.modes().modify_other_keys == 2),
                is("\x1b[>4;2m\x1b[>4n", |t| t.modes().modify_other_keys == 0),
                is("\x1b[>4;2m\x1b[>m", |t| t.modes().modify_other_keys == 0),
            ],
        ),
        entry(
            "CSI Ps $ p",
            "DECRQM",
            "The state of mode 2, 4, 12, 20.",
            &[
                replies("\x1b[4$p\x1b[4h\x1b[4$p", "\x1b[4;2$y\x1b[4;1$y"),
                replies(
                    "\x1b[20h\x1b[20$p\x1b[2$p\x1b[12$p\x1b[99$p",
                    "\x1b[20;1$y\x1b[2;4$y\x1b[12;3$y\x1b[99;0$y",
                ),
            ],
        ),
        entry(
            "CSI ? Ps $ p",
            "DECRQM",
            "The state of a private mode: each of those in this document, and 3, 4, 8, which never change.",
            &[
                replies("\x1b[?1$p\x1b[?1h\x1b[?1$p", "\x1b[?1;2$y\x1b[?1;1$y"),
                replies("\x1b[?5h\x1b[?5$p\x1b[?6$p\x1b[?7$p", "\x1b[?5;1$y\x1b[?6;2$y\x1b[?7;1$y"),
                replies("\x1b[?3$p\x1b[?4$p\x1b[?8$p", "\x1b[?3;4$y\x1b[?4;4$y\x1b[?8;3$y"),
                replies(
                    "\x1b[?9h\x1b[?9$p\x1b[?12$p\x1b[?25$p",
                    "\x1b[?9;1$y\x1b[?12;2$y\x1b[?25;1$y",
                ),
                replies(
                    "\x1b[?45h\x1b[?45$p\x1b[?66$p\x1b[?69$p",
                    "\x1b[?45;1$y\x1b[?66;2$y\x1b[?69;2$y",
                ),
                replies(
                    "\x1b[?47h\x1b[?47$p\x1b[?1047$p\x1b[?1049$p",
                    "\x1b[?47;1$y\x1b[?1047;1$y\x1b[?1049;1$y",
                ),
                replies(
                    "\x1b[?1000$p\x1b[?1002$p\x1b[?1003$p",
                    "\x1b[?1000;2$y\x1b[?1002;2$y\x1b[?1003;2$y",
                ),
                replies(
                    "\x1b[?1004$p\x1b[?1005$p\x1b[?1006$p",
                    "\x1b[?1004;2$y\x1b[?1005;2$y\x1b[?1006;2$y",
                ),
                replies(
                    "\x1b[?1007$p\x1b[?1015$p\x1b[?1016$p",
                    "\x1b[?1007;1$y\x1b[?1015;2$y\x1b[?1016;2$y",
                ),
                replies("\x1b[?1045h\x1b[?1045$p\x1b[?2004$p", "\x1b[?1045;1$y\x1b[?2004;2$y"),
                replies(
                    "\x1b[?2026$p\x1b[?2027h\x1b[?2027$p\x1b[?2048$p",
                    "\x1b[?2026;2$y\x1b[?2027;1$y\x1b[?2048;0$y",
                ),
                told("\x1b[?1048$p", "Reply([27, 91, 63, 49, 48, 52, 56, 59, 48, 36, 121])"),
            ],
        ),
    ],
};
