//! Resets.

use super::case::{Group, at, entry, is, lines, replies};
use towline_vt::Modes;

pub(crate) const GROUP: Group = Group {
    title: "Resets",
    entries: &[
        entry(
            "CSI ! p",
            "DECSTR",
            "Margins, style, character sets, DECOM, IRM, DECAWM, DECTCEM, cursor and keypad keys, saved cursor as at the start. Text and cursor stay.",
            &[
                lines("ab\x1b(0\x1b[4h\x1b[!pq", &["abq"]),
                at("\x1b[2;3H\x1b[2;3r\x1b[2;3H\x1b[!p", 2, 3),
                replies(
                    "\x1b[2;3r\x1b[?69h\x1b[2;4s\x1b[1m\x1b[1\"q\x1b[!p\x1bP$qr\x1b\\\x1bP$qs\x1b\\\x1bP$qm\x1b\\\x1bP$q\"q\x1b\\",
                    "\x1bP1$r1;4r\x1b\\\x1bP1$r1;10s\x1b\\\x1bP1$r0m\x1b\\\x1bP1$r0\"q\x1b\\",
                ),
                is("\x1b[?1;6h\x1b=\x1b[?7;25l\x1b[!p", |t| t.modes() == Modes::default()),
                at("\x1b[2;3H\x1b7\x1b[!p\x1b8", 1, 1),
            ],
        ),
        entry(
            "ESC c",
            "RIS",
            "All as at the start, but for the history and the numbers of lines.",
            &[
                lines("ab\x1b[2;3H\x1bcx", &["x"]),
                is(
                    "\x1b[?1049h\x1b[?1;5;9;45;69;1004;1045;2004;2026;2027;2031h\x1b[>3u\x1b[>4;2m\x1b[5 q\x1b]2;t\x07\x1bc",
                    |t| t.modes() == Modes::default() && !t.synchronized() && t.title().is_empty(),
                ),
                lines("1\r\n2\r\n3\r\n4\r\n5\x1bc", &["1", ""]),
                replies(
                    "\x1b[?2027h\x1b[?2027s\x1bc\x1b[?2027$p\x1b[?2027r\x1b[?2027$p",
                    "\x1b[?2027;2$y\x1b[?2027;2$y",
                ),
            ],
        ),
    ],
};
