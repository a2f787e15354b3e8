//! Text and controls.

use super::case::{Group, ansi, at, entry, lines, told};

pub(crate) const GROUP: Group = Group {
    title: "Text and controls",
    entries: &[
        entry(
            "UTF-8",
            "",
            "Characters one or two cells wide; what isn't UTF-8 shows as U+FFFD.",
            &[
                lines("aé漢😀x", &["aé漢😀x"]),
                at("aé漢😀", 1, 7),
                lines("012345678漢x", &["012345678", "漢x"]),
                lines("漢漢\x1b[2Gx\x1b[4Gy", &[" x y"]),
            ],
        ),
        entry(
            "combining characters",
            "",
            "Kept with the cell before, up to twelve of them.",
            &[
                lines("e\u{301}x", &["e\u{301}x"]),
                at("e\u{301}\u{302}\u{303}x", 1, 3),
                lines("\u{1f468}\u{200d}\u{1f469}", &["\u{1f468}\u{200d}\u{1f469}"]),
                at("\u{1f468}\u{200d}\u{1f469}", 1, 5),
            ],
        ),
        entry(
            "CSI ? 2027 h",
            "clusters",
            "Characters that are drawn as one (flags, joined emoji, skin tones, emoji by a selector) take the cells of one.",
            &[
                at("\x1b[?2027h\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", 1, 3),
                lines("\x1b[?2027h\u{1f468}\u{200d}\u{1f469}x", &["\u{1f468}\u{200d}\u{1f469}x"]),
                at("\x1b[?2027h\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}", 1, 5),
                at("\x1b[?2027h\u{1f44d}\u{1f3fd}", 1, 3),
                at("\x1b[?2027h\u{2764}\u{fe0f}", 1, 3),
                at("\x1b[?2027h\u{231a}\u{fe0e}", 1, 2),
                lines("\x1b[?2027h01234567\u{231a}\u{fe0e}x", &["01234567\u{231a}\u{fe0e}x"]),
                at("\x1b[?2027h1\u{fe0f}\u{20e3}x", 1, 4),
                at("\x1b[?2027he\u{301}漢", 1, 4),
                // A sequence between them that may move the cursor keeps them apart.
                at("\x1b[?2027h\u{1f1e9}\x1b[1;2H\u{1f1ea}", 1, 3),
                // One that has come to take two cells moves on from the last column.
                lines("\x1b[?2027h012345678\u{2764}\u{fe0f}x", &["012345678", "\u{2764}\u{fe0f}x"]),
                lines("\x1b[?2027h\x1b[?7l012345678\u{2764}\u{fe0f}", &["012345678\u{2764}"]),
                at("\x1b[?2027l\u{2764}\u{fe0f}", 1, 2),
            ],
        ),
        entry("BEL", "", "Tells of a bell; several in a row are one.", &[told("\x07\x07", "Bell")]),
        entry(
            "BS",
            "",
            "One column left.",
            &[at("abc\x08", 1, 3), at("\x08", 1, 1), at("0123456789\x08", 1, 9)],
        ),
        entry(
            "HT",
            "",
            "To the next tab stop.",
            &[at("\t", 1, 9), at("\t\t", 1, 10), lines("a\tb", &["a       b"])],
        ),
        entry(
            "LF, VT, FF",
            "",
            "Down, scrolling at the bottom margin.",
            &[
                at("a\nb", 2, 3),
                at("a\x0bb\x0cc", 3, 4),
                lines("1\r\n2\r\n3\r\n4\r\n5", &["1", "2", "3", "4", "5"]),
            ],
        ),
        entry("CR", "", "To the left margin.", &[lines("abc\rx", &["xbc"])]),
        entry(
            "CAN, SUB",
            "",
            "End a sequence that has no end yet, without effect.",
            &[
                lines("\x1b[3\x18x", &["x"]),
                lines("\x1b]2;title\x1ax", &["x"]),
                told("\x1bP$qm\x18", ""),
            ],
        ),
        entry(
            "DEL, NUL, ENQ",
            "",
            "Do nothing: there is no answerback.",
            &[lines("a\x7f\0b", &["ab"]), told("\x05", "")],
        ),
        entry(
            "CSI Ps b",
            "REP",
            "Writes the last character again, a screenful at most.",
            &[
                lines("ab\x1b[3b", &["abbbb"]),
                lines("漢\x1b[b", &["漢漢"]),
                lines("\x1b(0q\x1b(B\x1b[b", &["──"]),
                lines("\x1b[3bx", &["x"]),
            ],
        ),
        entry(
            "CSI ? 7 h",
            "DECAWM",
            "Text wraps at the right margin; else the last column is written over.",
            &[
                lines("0123456789ab", &["0123456789", "ab"]),
                at("0123456789", 1, 10),
                lines("\x1b[?7l0123456789ab", &["012345678b"]),
                lines("\x1b[?7l012345678漢", &["012345678"]),
            ],
        ),
        entry(
            "CSI ? 45 h",
            "reverse wrap",
            "BS and CUB go on at the end of the row above, where that was wrapped.",
            &[
                at("\x1b[?45h0123456789ab\x1b[4D", 1, 9),
                at("\x1b[?45habc\r\n\x08", 2, 1),
                at("\x1b[?45h0123456789\x08", 1, 10),
                at("\x1b[?45h\x1b[?7l0123456789\r\nab\x1b[4D", 2, 1),
            ],
        ),
        entry(
            "CSI ? 1045 h",
            "extended reverse wrap",
            "The same for any row, and from the top to the bottom.",
            &[
                at("\x1b[?1045habc\r\n\x08", 1, 10),
                at("\x1b[?1045h\x08", 4, 10),
                at("\x1b[?1045h\x1b[2;3r\x1b[2H\x1b[D", 3, 10),
                at("\x1b[?1045h\x1b[9999999999D", 1, 1),
            ],
        ),
        entry(
            "CSI 4 h",
            "IRM",
            "Text is inserted.",
            &[
                lines("\x1b[4hbc\ra", &["abc"]),
                lines("0123456789\x1b[4h\rab", &["ab01234567"]),
                lines("\x1b[4hb\r\x1b[4la", &["a"]),
            ],
        ),
        entry(
            "CSI 20 h",
            "LNM",
            "A line feed also returns the carriage.",
            &[at("\x1b[20hab\n", 2, 1)],
        ),
        entry(
            "CSI Ps \" q",
            "DECSCA",
            "What is written is protected from selective erasing (1), or not (0, 2).",
            &[
                lines("\x1b[1\"qab\x1b[0\"qcd\x1b[?2K", &["ab"]),
                lines("\x1b[1\"q\x1b[ma\x1b[2\"qb\x1b[?2K", &["a"]),
                ansi("\x1b[1\"qab", "ab"),
            ],
        ),
    ],
};
