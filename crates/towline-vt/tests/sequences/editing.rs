//! Erasing, inserting, deleting, scrolling.

use super::case::{Group, ansi, at, entry, is, lines};

pub(crate) const GROUP: Group = Group {
    title: "Erasing and moving text",
    entries: &[
        entry(
            "CSI Ps J",
            "ED",
            "Erases below (0), above (1), all (2), the history (3). Nothing of it goes into the history.",
            &[
                lines("1\r\nabc\r\n3\x1b[2;2H\x1b[J", &["1", "a"]),
                lines("1\r\nabc\r\n3\x1b[2;2H\x1b[1J", &["", "  c", "3"]),
                lines("1\r\n2\x1b[2J", &["", ""]),
                at("1\r\n2\x1b[2J", 2, 2),
                lines("1\r\n2\r\n3\r\n4\r\n5\x1b[3J", &["2", "3", "4", "5"]),
                lines("1\r\n2\r\n3\r\n4\r\n5\x1b[2J", &["1", "", "", "", ""]),
                ansi("\x1b[44m\x1b[2Jx", "\x1b[44mx         \x1b[m"),
            ],
        ),
        entry(
            "CSI Ps K",
            "EL",
            "Erases to the right (0), to the left (1), the row (2).",
            &[
                lines("abcdef\x1b[3G\x1b[K", &["ab"]),
                lines("abcdef\x1b[3G\x1b[1K", &["   def"]),
                lines("abcdef\x1b[3G\x1b[2K", &[""]),
                lines("漢漢\x1b[2G\x1b[K", &[""]),
                ansi("ab\x1b[41m\x1b[K", "ab\x1b[41m        \x1b[m"),
            ],
        ),
        entry(
            "CSI ? Ps J",
            "DECSED",
            "As ED (0 to 2), but for what is protected.",
            &[
                lines("a\x1b[1\"qb\x1b[\"qc\r\nd\x1b[H\x1b[?J", &[" b"]),
                lines("a\x1b[1\"qb\x1b[\"qc\r\nd\x1b[?1J", &[" b", ""]),
                lines("a\x1b[1\"q漢\x1b[\"qc\x1b[?2J", &[" 漢"]),
                lines("1\r\n2\r\n3\r\n4\r\n5\x1b[?3J", &["1", "2", "3", "4", "5"]),
            ],
        ),
        entry(
            "CSI ? Ps K",
            "DECSEL",
            "As EL, but for what is protected.",
            &[
                lines("a\x1b[1\"qb\x1b[\"qc\r\x1b[?K", &[" b"]),
                lines("a\x1b[1\"qb\x1b[\"qcd\x1b[3G\x1b[?1K", &[" b d"]),
            ],
        ),
        entry(
            "CSI Ps X",
            "ECH",
            "Erases characters.",
            &[lines("abcdef\x1b[3G\x1b[2X", &["ab  ef"]), lines("abcdef\x1b[3G\x1b[99X", &["ab"])],
        ),
        entry(
            "CSI Ps @",
            "ICH",
            "Inserts blanks.",
            &[
                lines("abcdef\x1b[3G\x1b[2@", &["ab  cdef"]),
                lines("0123456789\x1b[3G\x1b[2@", &["01  234567"]),
                lines("漢漢\x1b[2G\x1b[@", &["   漢"]),
            ],
        ),
        entry(
            "CSI Ps P",
            "DCH",
            "Deletes characters.",
            &[lines("abcdef\x1b[3G\x1b[2P", &["abef"]), lines("abcdef\x1b[3G\x1b[99P", &["ab"])],
        ),
        entry(
            "CSI Ps L",
            "IL",
            "Inserts rows.",
            &[
                lines("a\r\nb\r\nc\x1b[2;1H\x1b[L", &["a", "", "b", "c"]),
                at("a\r\nbcd\x1b[L", 2, 1),
                lines("a\r\nb\r\nc\x1b[2;3r\x1b[1H\x1b[L", &["a", "b", "c"]),
            ],
        ),
        entry(
            "CSI Ps M",
            "DL",
            "Deletes rows. From the top of the screen they go into the history.",
            &[
                lines("a\r\nb\r\nc\x1b[2;1H\x1b[M", &["a", "c"]),
                lines("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2H\x1b[M", &["a", "c", "", "d"]),
            ],
        ),
        entry(
            "CSI Ps S",
            "SU",
            "Scrolls up. From the top of the screen rows go into the history.",
            &[
                lines("a\r\nb\x1b[S", &["a", "b", ""]),
                lines("a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[S", &["a", "c", "", "d"]),
                is("a\r\nb\x1b[S", |t| t.screen_start() == 1),
            ],
        ),
        entry(
            "CSI Ps T, CSI Ps ^",
            "SD",
            "Scrolls down.",
            &[
                lines("a\r\nb\x1b[T", &["", "a", "b"]),
                lines("a\r\nb\x1b[2^", &["", "", "a", "b"]),
                lines("a\x1b[1;2;3;4;5T", &["a"]),
            ],
        ),
        entry(
            "CSI Ps SP @",
            "SL",
            "Scrolls to the left.",
            &[lines("abc\r\ndef\x1b[2 @", &["c", "f"])],
        ),
        entry(
            "CSI Ps SP A",
            "SR",
            "Scrolls to the right.",
            &[lines("abc\r\ndef\x1b[2 A", &["  abc", "  def"])],
        ),
        entry(
            "CSI Ps ' }",
            "DECIC",
            "Inserts columns.",
            &[lines("abc\r\ndef\x1b[2G\x1b['}", &["a bc", "d ef"])],
        ),
        entry(
            "CSI Ps ' ~",
            "DECDC",
            "Deletes columns.",
            &[lines("abc\r\ndef\x1b[2G\x1b['~", &["ac", "df"])],
        ),
        entry(
            "ESC # 8",
            "DECALN",
            "Fills the screen with E, without margins.",
            &[
                lines("\x1b[2;3r\x1b#8", &["EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE", "EEEEEEEEEE"]),
                at("\x1b[3;3H\x1b#8", 1, 1),
            ],
        ),
    ],
};
