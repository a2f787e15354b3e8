//! The alternate screen.

use super::case::{Group, at, entry, is, lines};

pub(crate) const GROUP: Group = Group {
    title: "Screens",
    entries: &[
        entry(
            "CSI ? 1049 h",
            "",
            "Keeps the cursor and shows the alternate screen, blank; off, the main screen with its cursor.",
            &[
                lines("main\x1b[?1049h\x1b[Halt", &["alt"]),
                lines("main\x1b[?1049h\x1b[Halt\x1b[?1049l!", &["main!"]),
                at("\x1b[3;4H\x1b[?1049h\x1b[H\x1b[?1049l", 3, 4),
                lines("\x1b[?1049halt\x1b[?1049h", &[""]),
                is("\x1b[?1049h", |t| t.modes().alt_screen),
                is("\x1b[?1049h1\r\n2\r\n3\r\n4\r\n5", |t| t.screen_start() == 0),
                at("ab\x1b[?1049l", 1, 3),
            ],
        ),
        entry(
            "CSI ? 1047 h, CSI ? 47 h",
            "",
            "The alternate screen, blank each time; the cursor stays where it is.",
            &[
                lines("main\x1b[?1047hx", &["    x"]),
                lines("main\x1b[?47hx\x1b[?47ly", &["main y"]),
                lines("\x1b[?1047hx\x1b[?1047l\x1b[?1047h", &[""]),
            ],
        ),
    ],
};
