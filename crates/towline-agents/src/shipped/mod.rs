//! The files of rules that Towline brings along.

use std::sync::LazyLock;

use crate::rules::Rules;

/// The files, by kind.
pub const FILES: [(&str, &str); 4] = [
    ("claude", include_str!("claude.toml")),
    ("codex", include_str!("codex.toml")),
    ("gemini", include_str!("gemini.toml")),
    ("opencode", include_str!("opencode.toml")),
];

static RULES: LazyLock<Vec<Rules>> = LazyLock::new(|| {
    // A test sees to it that each can be read.
    FILES.iter().filter_map(|(_, text)| Rules::parse(text).ok()).collect()
});

/// The rules that Towline brings along for a kind of agent.
pub fn rules(kind: &str) -> Option<&'static Rules> {
    RULES.iter().find(|rules| rules.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_can_be_read_and_is_of_its_kind() {
        for (kind, text) in FILES {
            let rules = Rules::parse(text).unwrap_or_else(|error| panic!("{kind}.toml: {error}"));
            assert_eq!(rules.kind, kind);
        }
    }
}
