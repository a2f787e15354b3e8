//! Character sets.

use super::case::{Group, entry, lines};

pub(crate) const GROUP: Group = Group {
    title: "Character sets",
    entries: &[
        entry(
            "ESC ( C",
            "SCS",
            "G0 is line drawing (0), British (A), or ASCII (any other).",
            &[
                lines("\x1b(0lqk\x1b(Bq", &["┌─┐q"]),
                lines("\x1b(A#\x1b(B#", &["£#"]),
                lines("\x1b(0`afgjklmnopqrs", &["◆▒°±┘┐┌└┼⎺", "⎻─⎼⎽"]),
                lines("\x1b(0_tuvwxyz{|}~", &[" ├┤┴┬│≤≥π≠", "£·"]),
                lines("\x1b(0é\x1b(K[", &["é["]),
            ],
        ),
        entry(
            "ESC ) C, ESC * C, ESC + C",
            "SCS",
            "The same for G1, G2, G3.",
            &[
                lines("\x1b)0q\x0eq\x0fq", &["q─q"]),
                lines("\x1b*0q\x1bnq\x0fq", &["q─q"]),
                lines("\x1b+0q\x1boq\x0fq", &["q─q"]),
            ],
        ),
        entry(
            "SO, SI",
            "LS1, LS0",
            "Write with G1, with G0.",
            &[lines("\x1b)0\x0ex\x0fx", &["│x"])],
        ),
        entry(
            "ESC n, ESC o",
            "LS2, LS3",
            "Write with G2, with G3.",
            &[lines("\x1b*0\x1bnx\x0fx", &["│x"]), lines("\x1b+A\x1bo#\x0f#", &["£#"])],
        ),
        entry(
            "ESC N, ESC O",
            "SS2, SS3",
            "The next character is of G2, of G3.",
            &[
                lines("\x1b*0\x1bNxx", &["│x"]),
                lines("\x1b+0a\x1bOqq", &["a─q"]),
                lines("\x1b*0\x1bNéx", &["éx"]),
            ],
        ),
    ],
};
