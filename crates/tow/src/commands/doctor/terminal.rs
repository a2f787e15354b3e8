//! The terminal: its name, its description, and its characters.

use std::path::{Path, PathBuf};

use super::finding::Finding;

/// Looks at this terminal, and at the one that programs in panes see.
pub(super) fn check(in_panes: &str) -> Vec<Finding> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let folders = folders(&variable);
    let term = variable("TERM");
    vec![
        here(&term, is_described(&term, &folders)),
        panes(in_panes, is_described(in_panes, &folders)),
        locale(&variable),
    ]
}

/// Where terminals are described, in the order of ncurses.
fn folders(variable: &impl Fn(&'static str) -> String) -> Vec<PathBuf> {
    let own = [variable("TERMINFO"), format!("{}/.terminfo", variable("HOME"))];
    let listed = variable("TERMINFO_DIRS");
    let usual = ["/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo"];
    let more = ["/usr/local/share/terminfo", "/run/current-system/sw/share/terminfo"];
    let all = own.iter().map(String::as_str).chain(listed.split(':')).chain(usual).chain(more);
    all.filter(|folder| !folder.is_empty()).map(PathBuf::from).collect()
}

fn is_described(term: &str, folders: &[PathBuf]) -> bool {
    let Some(first) = term.bytes().next() else { return false };
    // By its first letter; on file systems that don't tell case apart, by that letter's number.
    let under = [char::from(first).to_string(), format!("{first:x}")];
    let file = |folder: &Path, letter: &String| folder.join(letter).join(term).exists();
    folders.iter().any(|folder| under.iter().any(|letter| file(folder, letter)))
}

fn here(term: &str, described: bool) -> Finding {
    let finding = Finding::of("terminal");
    match (term, described) {
        ("", _) => finding
            .warning("TERM is not set: tow attach needs it")
            .fix("export TERM=xterm-256color"),
        ("dumb", _) => finding
            .warning("TERM=dumb: tow attach can't paint on it")
            .fix("export TERM=xterm-256color"),
        (term, true) => finding.ok(format!("TERM={term}")),
        // Painting needs no description; other programs do.
        (term, false) => {
            finding.ok(format!("TERM={term}, which this machine has no description of"))
        }
    }
}

fn panes(term: &str, described: bool) -> Finding {
    let finding = Finding::of("terminal in panes");
    match described {
        true => finding.ok(format!("TERM={term}")),
        false => finding
            .warning(format!("TERM={term}, which this machine has no description of: programs may refuse to start"))
            .fix("install ncurses' terminfo entries (ncurses-term, ncurses-base), or set term in the configuration"),
    }
}

fn locale(variable: &impl Fn(&'static str) -> String) -> Finding {
    let finding = Finding::of("locale");
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| (name, variable(name)));
    let Some((name, value)) = set.into_iter().find(|(_, value)| !value.is_empty()) else {
        return finding
            .warning("none is set: programs may not show UTF-8")
            .fix("export LANG=C.UTF-8");
    };
    let encoding = value.to_ascii_lowercase().replace('-', "");
    if encoding.contains("utf8") {
        return finding.ok(format!("{name}={value}"));
    }
    finding.warning(format!("{name}={value} is not UTF-8")).fix(format!("export {name}=C.UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_is_the_locale() {
        for (set, expected) in [
            (vec![], Status::Warning),
            (vec![("LANG", "de_DE.UTF-8")], Status::Ok),
            (vec![("LANG", "en_US.utf8")], Status::Ok),
            (vec![("LANG", "C")], Status::Warning),
            (vec![("LANG", "C.UTF-8"), ("LC_ALL", "POSIX")], Status::Warning),
            (vec![("LANG", "C"), ("LC_CTYPE", "C.UTF-8")], Status::Ok),
        ] {
            let variable = |name| {
                let value = set.iter().find(|(key, _)| *key == name);
                value.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
            };
            assert_eq!(locale(&variable).status, expected, "{set:?}");
        }
    }

    #[test]
    fn descriptions_are_found_by_letter_and_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x/xterm", "76/vt100"] {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let folders = [folder.path().to_owned()];
        for (term, expected) in [("xterm", true), ("vt100", true), ("vt220", false), ("", false)] {
            assert_eq!(is_described(term, &folders), expected, "{term}");
        }
        assert_eq!(panes("vt220", false).status, Status::Warning);
        assert_eq!(here("", false).status, Status::Warning);
        assert_eq!(here("xterm", true).status, Status::Ok);
    }
}
