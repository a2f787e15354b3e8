//! Moving the cursor.

use super::case::{Group, at, entry, lines, replies};

pub(crate) const GROUP: Group = Group {
    title: "The cursor",
    entries: &[
        entry(
            "CSI Ps A",
            "CUU",
            "Up, to the top margin.",
            &[
                at("\x1b[4;3H\x1b[A", 3, 3),
                at("\x1b[4;3H\x1b[9A", 1, 3),
                at("\x1b[2;4r\x1b[4;3H\x1b[9A", 2, 3),
                at("\x1b[3;4r\x1b[2;3H\x1b[9A", 1, 3),
            ],
        ),
        entry(
            "CSI Ps B",
            "CUD",
            "Down, to the bottom margin.",
            &[
                at("\x1b[2B", 3, 1),
                at("\x1b[9B", 4, 1),
                at("\x1b[1;3r\x1b[9B", 3, 1),
                at("\x1b[1;2r\x1b[3H\x1b[9B", 4, 1),
            ],
        ),
        entry(
            "CSI Ps C",
            "CUF",
            "Right, to the right margin.",
            &[at("\x1b[3C", 1, 4), at("\x1b[99C", 1, 10)],
        ),
        entry(
            "CSI Ps D",
            "CUB",
            "Left, to the left margin.",
            &[at("\x1b[5G\x1b[3D", 1, 2), at("\x1b[5G\x1b[99D", 1, 1)],
        ),
        entry("CSI Ps E", "CNL", "Down, to the left margin.", &[at("abc\x1b[2E", 3, 1)]),
        entry("CSI Ps F", "CPL", "Up, to the left margin.", &[at("\n\n\nabc\x1b[2F", 2, 1)]),
        entry(
            "CSI Ps G",
            "CHA",
            "To a column.",
            &[at("\x1b[4G", 1, 4), at("\x1b[99G", 1, 10), at("abc\x1b[G", 1, 1)],
        ),
        entry("CSI Ps `", "HPA", "To a column.", &[at("\x1b[4`", 1, 4)]),
        entry(
            "CSI Ps a",
            "HPR",
            "Right, whatever the margins are.",
            &[at("\x1b[4a", 1, 5), at("\x1b[?69h\x1b[2;5s\x1b[8a", 1, 9)],
        ),
        entry("CSI Ps d", "VPA", "To a row.", &[at("abc\x1b[3d", 3, 4), at("\x1b[99d", 4, 1)]),
        entry(
            "CSI Ps e",
            "VPR",
            "Down, whatever the margins are.",
            &[
                at("abc\x1b[2e", 3, 4),
                at("\x1b[1;2r\x1b[9e", 4, 1),
                at("\x1b[1;2r\x1b[?6h\x1b[9e", 2, 1),
            ],
        ),
        entry(
            "CSI Ps ; Ps H",
            "CUP",
            "To a row and a column.",
            &[
                at("\x1b[3;4H", 3, 4),
                at("abc\x1b[H", 1, 1),
                at("\x1b[99;99H", 4, 10),
                at("\x1b[;5H", 1, 5),
            ],
        ),
        entry("CSI Ps ; Ps f", "HVP", "To a row and a column.", &[at("\x1b[3;4f", 3, 4)]),
        entry(
            "CSI Ps I",
            "CHT",
            "To a further tab stop.",
            &[at("\x1b[I", 1, 9), at("\x1b[2I", 1, 10)],
        ),
        entry(
            "CSI Ps Z",
            "CBT",
            "To an earlier tab stop.",
            &[at("\x1b[10G\x1b[Z", 1, 9), at("\x1b[10G\x1b[2Z", 1, 1)],
        ),
        entry("ESC H", "HTS", "A tab stop here.", &[at("\x1b[4G\x1bH\r\t", 1, 4)]),
        entry(
            "CSI Ps g",
            "TBC",
            "No tab stop here (0), none at all (3).",
            &[
                at("\x1b[9G\x1b[g\r\t", 1, 10),
                at("\x1b[3g\t", 1, 10),
                at("\x1b[3g\x1b[4G\x1bH\r\t", 1, 4),
            ],
        ),
        entry(
            "CSI ? 5 W",
            "DECST8C",
            "Tab stops every eight columns again.",
            &[at("\x1b[3g\x1b[?5W\t", 1, 9)],
        ),
        entry(
            "ESC D",
            "IND",
            "Down, scrolling at the bottom margin.",
            &[at("ab\x1bD", 2, 3), lines("1\x1b[4H4\x1bD", &["1", "", "", "4", ""])],
        ),
        entry("ESC E", "NEL", "To the beginning of the next row.", &[at("ab\x1bE", 2, 1)]),
        entry(
            "ESC M",
            "RI",
            "Up, scrolling down at the top margin.",
            &[at("\nab\x1bM", 1, 3), lines("1\r\n2\x1b[H\x1bM", &["", "1", "2"])],
        ),
        entry(
            "ESC 7, CSI s",
            "DECSC, SCOSC",
            "Keeps cursor, style, character sets, DECOM, and whether the cursor waits to wrap.",
            &[
                at("\x1b[2;3H\x1b7\x1b[H\x1b8", 2, 3),
                at("\x1b[2;3H\x1b[s\x1b[H\x1b[u", 2, 3),
                lines("\x1b(0\x1b7\x1b(B\x1b8q", &["─"]),
                lines("0123456789\x1b7\x1b[H\x1b8x", &["0123456789", "x"]),
                replies("\x1b[1m\x1b7\x1b[m\x1b8\x1bP$qm\x1b\\", "\x1bP1$r0;1m\x1b\\"),
                at("\x1b[2;4r\x1b[?6h\x1b7\x1b[?6l\x1b[H\x1b8\x1b[2d", 3, 1),
            ],
        ),
        entry(
            "ESC 8, CSI u",
            "DECRC, SCORC",
            "Brings them back.",
            &[at("ab\x1b8", 1, 1), at("\x1b[4G\x1b7\r\x1b8", 1, 4)],
        ),
        entry(
            "CSI ? 1048 h, CSI ? 1048 l",
            "",
            "The same two as a mode.",
            &[at("\x1b[2;3H\x1b[?1048h\x1b[H\x1b[?1048l", 2, 3)],
        ),
        entry(
            "ESC 6",
            "DECBI",
            "Left; at the left margin all moves to the right.",
            &[at("ab\x1b6", 1, 2), lines("ab\r\ncd\x1b[H\x1b6", &[" ab", " cd"])],
        ),
        entry(
            "ESC 9",
            "DECFI",
            "Right; at the right margin all moves to the left.",
            &[at("ab\x1b9", 1, 4), lines("ab\r\ncd\x1b[1;10H\x1b9", &["b", "d"])],
        ),
    ],
};
