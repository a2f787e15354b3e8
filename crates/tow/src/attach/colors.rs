//! What the terminal can show, as its environment tells.

use towline_protocol::v1::TerminalFeatures;

const TRUE_COLOR: u32 = 1 << 24;

/// Terminals that show all colours and whose names don't say so.
const TRUE_COLOR_TERMS: [&str; 7] =
    ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "iterm2"];

/// The colours of a terminal, by `TERM` and `COLORTERM`.
pub(super) fn features(term: &str, colorterm: &str) -> TerminalFeatures {
    let named = |name: &&str| term.split('-').next() == Some(*name) || term == *name;
    let colors = if matches!(colorterm, "truecolor" | "24bit")
        || term.contains("-direct")
        || TRUE_COLOR_TERMS.iter().any(named)
    {
        TRUE_COLOR
    } else if term.contains("256color") {
        256
    } else {
        16
    };
    TerminalFeatures { colors }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_environment() {
        for (term, colorterm, colors) in [
            ("xterm-256color", "truecolor", TRUE_COLOR),
            ("xterm-256color", "", 256),
            ("tmux-256color", "24bit", TRUE_COLOR),
            ("screen", "", 16),
            ("xterm-direct", "", TRUE_COLOR),
            ("xterm-kitty", "", TRUE_COLOR),
            ("foot-extra", "", TRUE_COLOR),
            ("footloose", "", 16),
            ("", "", 16),
        ] {
            assert_eq!(features(term, colorterm).colors, colors, "{term} {colorterm}");
        }
    }
}
