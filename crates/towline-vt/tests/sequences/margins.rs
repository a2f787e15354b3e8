//! Margins, and what they change.

use super::case::{Group, at, entry, is, lines, replies};

pub(crate) const GROUP: Group = Group {
    title: "Margins",
    entries: &[
        entry(
            "CSI Ps ; Ps r",
            "DECSTBM",
            "Top and bottom margin; the cursor goes home.",
            &[
                at("\x1b[3;3H\x1b[2;3r", 1, 1),
                lines("1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3H\n", &["1", "3", "", "4"]),
                lines("1\r\n2\r\n3\r\n4\x1b[1;3r\x1b[3H\n", &["1", "2", "3", "", "4"]),
                lines("1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[4H\n", &["1", "2", "3", "4"]),
                lines("1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[2H\x1bM", &["1", "", "2", "4"]),
                replies("\x1b[3;2r\x1bP$qr\x1b\\", "\x1bP1$r1;4r\x1b\\"),
                replies("\x1b[2;3r\x1b[r\x1bP$qr\x1b\\", "\x1bP1$r1;4r\x1b\\"),
            ],
        ),
        entry(
            "CSI ? 6 h",
            "DECOM",
            "Rows and columns count from the margins, and the cursor stays within.",
            &[
                at("\x1b[2;3r\x1b[?6h", 2, 1),
                at("\x1b[2;3r\x1b[?6h\x1b[2;2H", 3, 2),
                at("\x1b[2;3r\x1b[?6h\x1b[9;9H", 3, 9),
                at("\x1b[2;3r\x1b[?6h\x1b[9d", 3, 1),
                at("\x1b[?69h\x1b[3;6s\x1b[?6h", 1, 3),
                at("\x1b[?69h\x1b[3;6s\x1b[?6h\x1b[1;9H", 1, 6),
                at("\x1b[?69h\x1b[3;6s\x1b[?6h\x1b[2G", 1, 4),
                replies("\x1b[2;3r\x1b[?6h\x1b[2;4H\x1b[6n", "\x1b[2;4R"),
                at("\x1b[2;3r\x1b[?6h\x1b[?6l", 1, 1),
            ],
        ),
        entry(
            "CSI ? 69 h",
            "DECLRMM",
            "Side margins may be set. Without it there are none.",
            &[
                replies("\x1b[?69h\x1b[3;6s\x1b[?69l\x1bP$qs\x1b\\", "\x1bP1$r1;10s\x1b\\"),
                at("\x1b[2;3H\x1b[3;6s", 2, 3),
            ],
        ),
        entry(
            "CSI Ps ; Ps s",
            "DECSLRM",
            "Left and right margin; the cursor goes home.",
            &[
                at("\x1b[?69h\x1b[3;3H\x1b[3;6s", 1, 1),
                lines("\x1b[?69h\x1b[3;6s\x1b[3Gabcdefg", &["  abcd", "  efg"]),
                lines("\x1b[?69h\x1b[3;6s\x1b[7Gabcde", &["      abcd", "  e"]),
                lines("\x1b[?69h\x1b[3;6s\x1b[6G漢", &["", "  漢"]),
                at("\x1b[?69h\x1b[3;6s\x1b[5G\r", 1, 3),
                at("\x1b[?69h\x1b[3;6s\x1b[2G\r", 1, 1),
                at("\x1b[?69h\x1b[3;6s\x1b[4G\x1b[9C", 1, 6),
                at("\x1b[?69h\x1b[3;6s\x1b[8G\x1b[9C", 1, 10),
                at("\x1b[?69h\x1b[3;6s\x1b[5G\x1b[9D", 1, 3),
                at("\x1b[?69h\x1b[3;6s\x1b[2G\x1b[9D", 1, 1),
                at("\x1b[?69h\x1b[3;6s\x1b[4G\t", 1, 6),
                at("\x1b[?69h\x1b[3;6s\x1b[4G\x1b[2E", 3, 3),
                // What scrolls is the part between them, and only from there.
                lines("abcdef\r\nghijkl\x1b[?69h\x1b[2;4s\x1b[S", &["ahijef", "g   kl"]),
                lines("abcdef\r\nghijkl\x1b[?69h\x1b[2;4s\x1b[T", &["a   ef", "gbcdkl", " hij"]),
                lines("\x1b[4Habcdef\x1b[?69h\x1b[2;4s\x1b[4;3H\n", &["", "", " bcd", "a   ef"]),
                lines("\x1b[4Habcdef\x1b[?69h\x1b[2;4s\x1b[4;6H\n", &["", "", "", "abcdef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1bM", &["a   ef", " bcd"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b[L", &["a   ef", " bcd"]),
                lines("abcdef\r\nghijkl\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b[M", &["ahijef", "g   kl"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;6H\x1b[L", &["abcdef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b[@", &["ab cef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b[P", &["abd ef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;6H\x1b[@", &["abcdef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[4h\x1b[1;2Hx", &["axbcef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b['}", &["ab cef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[ @", &["acd ef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;2H\x1b6", &["a bcef"]),
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;4H\x1b9", &["acd ef"]),
                lines("a漢漢f\x1b[?69h\x1b[3;4s\x1b[S", &["a    f"]),
                // Beyond the right margin nothing scrolls, and NEL comes back to the left one.
                lines("\x1b[4Habcdef\x1b[?69h\x1b[2;4s\x1b[4;6H\x1bEx", &["", "", "", "axcdef"]),
                // Erasing doesn't know them, nor do wrapped lines.
                lines("abcdef\x1b[?69h\x1b[2;4s\x1b[1;3H\x1b[K", &["ab"]),
                is("\x1b[?69h\x1b[3;6s\x1b[3Gabcdefg", |t| {
                    t.line(0).is_some_and(|line| !line.wrapped())
                }),
                replies("\x1b[?69h\x1b[3;6s\x1bP$qs\x1b\\", "\x1bP1$r3;6s\x1b\\"),
                replies("\x1b[?69h\x1b[6;3s\x1bP$qs\x1b\\", "\x1bP1$r1;10s\x1b\\"),
                at("\x1b[?69h\x1b[?1045h\x1b[3;6s\x1b[2;3H\x08", 1, 6),
            ],
        ),
    ],
};
