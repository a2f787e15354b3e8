//! Names of towns, rigs and workers, and the prefix of a rig's issues. Pure.

use crate::identity::is_reserved;

/// Why a name can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} can't be the name of a {of}: {problem}")]
pub struct NameError {
    /// The name.
    pub name: String,
    /// What was to be called so: `town`, `rig`, `worker`, or `rig's issues` for a prefix.
    pub of: &'static str,
    /// What is wrong with it.
    pub problem: NameProblem,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It begins with something else than a letter or digit.
    #[error("it must begin with a letter or a digit")]
    Start,
    /// It has a character that folders, branches and identities can't all have.
    #[error("only letters, digits, -, _ and . may be in it")]
    Character,
    /// It is too long for a folder or a branch.
    #[error("it is longer than {LONGEST} bytes")]
    Long,
    /// It ends in a way that git takes for something else.
    #[error("git has no branches that end in . or .lock or have .. in them")]
    Branch,
    /// It means something else.
    #[error("that word has a meaning of its own")]
    Reserved,
    /// It is no prefix.
    #[error("a prefix is a letter and up to 19 letters, digits and -")]
    Prefix,
}

/// The longest name in bytes. Names become parts of paths and of branches, which have limits of 255 and more.
const LONGEST: usize = 64;

/// Folders of a town and words of its identities, which no rig can be called.
const NO_RIG: [&str; 7] = ["settings", "config", "logs", "docs", "plugins", "daemon", "overseer"];

/// Checks a town's name.
pub fn check_town_name(name: &str) -> Result<(), NameError> {
    check(name, "town", |_| false)
}

/// Checks a rig's name. It becomes a folder, part of a branch's name and of identities.
pub fn check_rig_name(name: &str) -> Result<(), NameError> {
    check(name, "rig", |name| {
        is_reserved(name) || NO_RIG.iter().any(|word| name.eq_ignore_ascii_case(word))
    })
}

/// Checks the name of a polecat or of a member of the crew.
pub fn check_worker_name(name: &str) -> Result<(), NameError> {
    check(name, "worker", is_reserved)
}

/// Checks the prefix of a rig's issues, without the hyphen that follows it.
pub fn check_prefix(prefix: &str) -> Result<(), NameError> {
    let mut chars = prefix.chars();
    let fits = chars.next().is_some_and(|first| first.is_ascii_alphabetic())
        && prefix.len() <= 20
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '-');
    match fits && !prefix.ends_with('-') {
        true => Ok(()),
        false => Err(NameError {
            name: prefix.to_owned(),
            of: "rig's issues",
            problem: NameProblem::Prefix,
        }),
    }
}

fn check(name: &str, of: &'static str, reserved: impl Fn(&str) -> bool) -> Result<(), NameError> {
    let fail = |problem| Err(NameError { name: name.to_owned(), of, problem });
    let Some(first) = name.chars().next() else { return fail(NameProblem::Empty) };
    if name.len() > LONGEST {
        return fail(NameProblem::Long);
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return fail(NameProblem::Character);
    }
    if !first.is_ascii_alphanumeric() {
        return fail(NameProblem::Start);
    }
    if name.ends_with('.') || name.ends_with(".lock") || name.contains("..") {
        return fail(NameProblem::Branch);
    }
    if reserved(name) {
        return fail(NameProblem::Reserved);
    }
    Ok(())
}

/// The prefix that issues of a rig of this name get where nobody says another: the first letters of its parts (`my-project`:
/// `mp`), also of those it is a compound of (`gastown`: `gt`); a short name is its own, and of any other it is the first two
/// letters. As Gas Town derives it, but that four letters are short here.
pub fn prefix_for(rig: &str) -> String {
    /// Endings that make a compound of a word.
    const ENDINGS: [&str; 8] = ["town", "ville", "port", "place", "land", "field", "wood", "ford"];

    let name = rig.to_ascii_lowercase();
    let name = name.strip_suffix("-py").or(name.strip_suffix("-go")).unwrap_or(&name);
    let first_of = |part: &str| part.chars().next();
    let parts: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let made: String = match parts.as_slice() {
        [] => String::new(),
        [word] => {
            let ending =
                ENDINGS.iter().find(|ending| word.len() > ending.len() && word.ends_with(**ending));
            match ending {
                Some(ending) => [*word, ending].into_iter().filter_map(first_of).collect(),
                None if word.len() <= 4 => (*word).to_owned(),
                None => word.chars().take(2).collect(),
            }
        }
        parts => parts.iter().copied().filter_map(first_of).collect(),
    };
    // What begins with a digit, or is nothing, is no prefix.
    match check_prefix(&made) {
        Ok(()) => made,
        Err(_) => format!("r{}", made.chars().take(10).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_checked() {
        use NameProblem::*;
        for (name, town, rig, worker) in [
            ("gastown", None, None, None),
            ("my-project_2.0", None, None, None),
            ("2048", None, None, None),
            ("", Some(Empty), Some(Empty), Some(Empty)),
            ("-x", Some(Start), Some(Start), Some(Start)),
            (".beads", Some(Start), Some(Start), Some(Start)),
            ("..", Some(Start), Some(Start), Some(Start)),
            ("a/b", Some(Character), Some(Character), Some(Character)),
            ("a b", Some(Character), Some(Character), Some(Character)),
            ("a\nb", Some(Character), Some(Character), Some(Character)),
            ("ä", Some(Character), Some(Character), Some(Character)),
            ("a..b", Some(Branch), Some(Branch), Some(Branch)),
            ("a.lock", Some(Branch), Some(Branch), Some(Branch)),
            ("a.", Some(Branch), Some(Branch), Some(Branch)),
            ("Mayor", None, Some(Reserved), Some(Reserved)),
            ("polecats", None, Some(Reserved), Some(Reserved)),
            ("settings", None, Some(Reserved), None),
        ] {
            let problem = |result: Result<(), NameError>| result.err().map(|error| error.problem);
            assert_eq!(problem(check_town_name(name)), town, "{name:?}");
            assert_eq!(problem(check_rig_name(name)), rig, "{name:?}");
            assert_eq!(problem(check_worker_name(name)), worker, "{name:?}");
        }
        assert_eq!(check_rig_name(&"x".repeat(65)).unwrap_err().problem, Long);
        assert_eq!(
            check_rig_name("a b").unwrap_err().to_string(),
            "\"a b\" can't be the name of a rig: only letters, digits, -, _ and . may be in it"
        );
    }

    #[test]
    fn prefixes_are_derived() {
        for (rig, prefix) in [
            ("gastown", "gt"),
            ("greenplace", "gp"),
            ("my-project", "mp"),
            ("Towline_web.app", "twa"),
            ("requests-py", "re"),
            ("abc", "abc"),
            ("x", "x"),
            ("towline", "to"),
            ("town", "town"),
            ("2048", "r2048"),
            ("--", "r"),
            ("", "r"),
        ] {
            assert_eq!(prefix_for(rig), prefix, "{rig}");
        }
    }

    #[test]
    fn prefixes_are_checked() {
        for (prefix, fits) in [
            ("gt", true),
            ("G-1", true),
            ("", false),
            ("1a", false),
            ("gt-", false),
            ("a_b", false),
            ("aaaaaaaaaaaaaaaaaaaa", true),
            ("aaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(check_prefix(prefix).is_ok(), fits, "{prefix}");
        }
    }

    proptest! {
        #[test]
        fn what_is_derived_is_a_prefix(rig in any::<String>()) {
            let prefix = prefix_for(&rig);
            prop_assert!(check_prefix(&prefix).is_ok(), "{}", prefix);
        }
    }
}
