//! The command that shows a pane on a terminal.

use super::setup::Found;

/// The argument vector that attaches to a pane, to be run on its host, on a terminal that is in no tmux. It makes the
/// pane the current one of its session first. A client that only reads has no say in the size.
pub(super) fn argv(found: &Found, pane: u64, read_only: bool) -> Vec<String> {
    let at = format!("%{pane}");
    let mut argv = vec![found.tmux.clone().unwrap_or_else(|| "tmux".into())];
    argv.extend(
        ["-u", "select-window", "-t", &at, ";", "select-pane", "-t", &at, ";", "attach-session"]
            .map(str::to_owned),
    );
    if read_only {
        argv.push("-r".into());
    }
    argv.extend(["-t".to_owned(), at]);
    argv
}

/// The argument vector that brings a pane before who sits in a tmux on that machine already.
pub(super) fn switch(found: &Found, pane: u64) -> Vec<String> {
    let tmux = found.tmux.clone().unwrap_or_else(|| "tmux".into());
    [tmux.as_str(), "switch-client", "-t", &format!("%{pane}")].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_made_the_current_one_and_attached_to() {
        let found = Found { tmux: Some("/usr/bin/tmux".into()), ..Found::default() };
        assert_eq!(
            argv(&found, 7, true).join(" "),
            "/usr/bin/tmux -u select-window -t %7 ; select-pane -t %7 ; attach-session -r -t %7"
        );
        assert!(!argv(&found, 7, false).contains(&"-r".to_owned()));
        assert_eq!(switch(&found, 7).join(" "), "/usr/bin/tmux switch-client -t %7");
    }
}
