//! How characters are drawn.

use super::case::{Group, ansi, entry, is, replies};
use towline_vt::CursorShape;

pub(crate) const GROUP: Group = Group {
    title: "Styles",
    entries: &[
        entry(
            "CSI 0 m",
            "SGR",
            "Plain. Neither a link nor protection is part of the style.",
            &[
                ansi("\x1b[1;4;31;48;5;9mx\x1b[my", "\x1b[1;4;31;101mx\x1b[my"),
                ansi("\x1b[58:5:3;4mx\x1b[0;4my", "\x1b[4;58:5:3mx\x1b[59my\x1b[m"),
            ],
        ),
        entry(
            "CSI 1 m … CSI 9 m",
            "SGR",
            "Bold, dim, italic, underlined, blinking (5, 6), inverse, hidden, struck.",
            &[
                ansi("\x1b[1mx", "\x1b[1mx\x1b[m"),
                ansi("\x1b[2mx", "\x1b[2mx\x1b[m"),
                ansi("\x1b[3mx", "\x1b[3mx\x1b[m"),
                ansi("\x1b[4mx", "\x1b[4mx\x1b[m"),
                ansi("\x1b[5mx", "\x1b[5mx\x1b[m"),
                ansi("\x1b[6mx", "\x1b[5mx\x1b[m"),
                ansi("\x1b[7mx", "\x1b[7mx\x1b[m"),
                ansi("\x1b[8mx", "\x1b[8mx\x1b[m"),
                ansi("\x1b[9mx", "\x1b[9mx\x1b[m"),
            ],
        ),
        entry(
            "CSI 22 m … CSI 29 m",
            "SGR",
            "Each of them off (22: bold and dim).",
            &[
                ansi("\x1b[1;2m\x1b[22mx", "x"),
                ansi("\x1b[3;5m\x1b[23;25mx", "x"),
                ansi("\x1b[4;7m\x1b[24;27mx", "x"),
                ansi("\x1b[8;9m\x1b[28;29mx", "x"),
            ],
        ),
        entry(
            "CSI 4 : Ps m",
            "SGR",
            "Underline: none, single, double, curly, dotted, dashed (0 to 5).",
            &[
                ansi("\x1b[4:1mx", "\x1b[4mx\x1b[m"),
                ansi("\x1b[4:2mx", "\x1b[4:2mx\x1b[m"),
                ansi("\x1b[4:3mx", "\x1b[4:3mx\x1b[m"),
                ansi("\x1b[4:4mx", "\x1b[4:4mx\x1b[m"),
                ansi("\x1b[4:5mx", "\x1b[4:5mx\x1b[m"),
                ansi("\x1b[4:3m\x1b[4:0mx", "x"),
            ],
        ),
        entry("CSI 21 m", "SGR", "Underlined twice.", &[ansi("\x1b[21mx", "\x1b[4:2mx\x1b[m")]),
        entry(
            "CSI 53 m, CSI 55 m",
            "SGR",
            "A line above, and none.",
            &[ansi("\x1b[53mx", "\x1b[53mx\x1b[m"), ansi("\x1b[53m\x1b[55mx", "x")],
        ),
        entry(
            "CSI 30 m … CSI 37 m, CSI 90 m … CSI 97 m",
            "SGR",
            "Foreground of the 16 colours.",
            &[
                ansi("\x1b[30mx", "\x1b[30mx\x1b[m"),
                ansi("\x1b[37mx", "\x1b[37mx\x1b[m"),
                ansi("\x1b[90mx", "\x1b[90mx\x1b[m"),
                ansi("\x1b[97mx", "\x1b[97mx\x1b[m"),
            ],
        ),
        entry(
            "CSI 40 m … CSI 47 m, CSI 100 m … CSI 107 m",
            "SGR",
            "Background of the 16 colours.",
            &[
                ansi("\x1b[40mx", "\x1b[40mx\x1b[m"),
                ansi("\x1b[47mx", "\x1b[47mx\x1b[m"),
                ansi("\x1b[100mx", "\x1b[100mx\x1b[m"),
                ansi("\x1b[107mx", "\x1b[107mx\x1b[m"),
            ],
        ),
        entry(
            "CSI 39 m, CSI 49 m",
            "SGR",
            "The terminal's own foreground, background.",
            &[
                ansi("\x1b[31;42m\x1b[39mx", "\x1b[42mx\x1b[m"),
                ansi("\x1b[31;42m\x1b[49mx", "\x1b[31mx\x1b[m"),
            ],
        ),
        entry(
            "CSI 38 m, CSI 48 m, CSI 58 m",
            "SGR",
            "Foreground, background, underline of the 256 colours or of 24 bits, written with semicolons or colons, with or without a colour space.",
            &[
                ansi("\x1b[38;5;200mx", "\x1b[38;5;200mx\x1b[m"),
                ansi("\x1b[48:5:200mx", "\x1b[48;5;200mx\x1b[m"),
                ansi("\x1b[38;2;1;2;3mx", "\x1b[38;2;1;2;3mx\x1b[m"),
                ansi("\x1b[38:2:1:2:3mx", "\x1b[38;2;1;2;3mx\x1b[m"),
                ansi("\x1b[48:2::1:2:3mx", "\x1b[48;2;1;2;3mx\x1b[m"),
                ansi("\x1b[4;58;5;9mx", "\x1b[4;58:5:9mx\x1b[m"),
                ansi("\x1b[4;58:2::1:2:3mx", "\x1b[4;58:2::1:2:3mx\x1b[m"),
                ansi("\x1b[38;5;1;1mx", "\x1b[1;31mx\x1b[m"),
                ansi("\x1b[38;2;300;2;3mx", "x"),
            ],
        ),
        entry(
            "CSI 59 m",
            "SGR",
            "The underline as the text.",
            &[ansi("\x1b[4;58;5;9m\x1b[59mx", "\x1b[4mx\x1b[m")],
        ),
        entry(
            "CSI Ps SP q",
            "DECSCUSR",
            "The cursor: the user's (0), block, underline, bar, each blinking or steady.",
            &[
                is("\x1b[2 q", |t| t.modes().cursor_shape == CursorShape::Block),
                is("\x1b[3 q", |t| {
                    t.modes().cursor_shape == CursorShape::Underline && t.modes().cursor_blink
                }),
                is("\x1b[6 q", |t| {
                    t.modes().cursor_shape == CursorShape::Bar && !t.modes().cursor_blink
                }),
                is("\x1b[6 q\x1b[0 q", |t| t.modes().cursor_shape == CursorShape::Default),
                is("\x1b[6 q\x1b[7 q", |t| t.modes().cursor_shape == CursorShape::Bar),
                replies("\x1b[4 q\x1bP$q q\x1b\\", "\x1bP1$r4 q\x1b\\"),
            ],
        ),
        entry(
            "OSC 8 ; id=ID ; URI ST",
            "",
            "What is written is a link; without an address it ends.",
            &[
                ansi(
                    "\x1b]8;id=1;http://x\x1b\\l\x1b]8;;\x07m",
                    "\x1b]8;id=1;http://x\x1b\\l\x1b]8;;\x1b\\m",
                ),
                ansi(
                    "\x1b]8;;http://x\x07\x1b[1ml\x1b[mm",
                    "\x1b]8;;http://x\x1b\\\x1b[1ml\x1b[mm\x1b]8;;\x1b\\",
                ),
            ],
        ),
    ],
};
