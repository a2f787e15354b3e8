//! Who works: one scheme of names for assignees, mail, hooks and status.

use std::fmt;
use std::str::FromStr;

/// What part somebody plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Hands out the work of a town.
    Mayor,
    /// Looks after a town.
    Deacon,
    /// Looks after a rig's workers.
    Witness,
    /// Merges a rig's finished work.
    Refinery,
    /// Does one piece of work in a worktree of its own.
    Polecat,
    /// Works in a clone of its own for as long as a person likes.
    Crew,
    /// A person, or an agent of theirs, without a place in a town.
    Worker,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Mayor,
        Self::Deacon,
        Self::Witness,
        Self::Refinery,
        Self::Polecat,
        Self::Crew,
        Self::Worker,
    ];

    /// The role's name: lower case, as it stands in `TOWLINE_ROLE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mayor => "mayor",
            Self::Deacon => "deacon",
            Self::Witness => "witness",
            Self::Refinery => "refinery",
            Self::Polecat => "polecat",
            Self::Crew => "crew",
            Self::Worker => "worker",
        }
    }

    /// The role of that name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| text.trim().eq_ignore_ascii_case(role.name()))
    }

    /// Whether this role goes round looking after things, rather than doing a piece of work.
    pub fn patrols(self) -> bool {
        matches!(self, Self::Deacon | Self::Witness | Self::Refinery)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text is no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no identity: {problem}")]
pub struct IdentityError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: IdentityProblem,
}

/// What is wrong with an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityProblem {
    /// Nothing there, or nothing between two slashes.
    #[error("a part of it is empty")]
    Empty,
    /// `.` or `..`.
    #[error("a part of it is a way through folders")]
    Dots,
    /// A part that a command would take for an option.
    #[error("a part of it begins with -")]
    Dash,
    /// A control character or backslash.
    #[error("it has a control character or a backslash")]
    Character,
    /// Blanks at the ends of a part.
    #[error("a part of it has blanks at its ends")]
    Blanks,
    /// A part with so many bytes that it can't be a folder's name.
    #[error("a part of it is longer than {LONGEST} bytes")]
    Long,
    /// A role that belongs to a rig, without one, or a rig without a role.
    #[error(
        "it names no worker; use RIG/witness, RIG/refinery, RIG/polecats/NAME or RIG/crew/NAME"
    )]
    Partial,
    /// More parts than any has, or a role's word in another's place.
    #[error("use mayor, deacon, RIG/witness, RIG/refinery, RIG/polecats/NAME or RIG/crew/NAME")]
    Form,
}

/// The longest part in bytes: what a file system takes as a folder's name.
const LONGEST: usize = 255;

/// Words that have a meaning as part of an identity, and so are nobody's name.
const RESERVED: [&str; 8] =
    ["mayor", "deacon", "witness", "refinery", "polecat", "polecats", "crew", "worker"];

/// Whether a word has a meaning as part of an identity, and so can't name a rig or a worker.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// One who works. Its text ([`fmt::Display`]) is the one form that is written: `mayor`, `deacon`, `RIG/witness`,
/// `RIG/refinery`, `RIG/polecats/NAME`, `RIG/crew/NAME`, or a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    role: Role,
    /// Empty for those without one.
    rig: String,
    /// Empty for those whose role says it all.
    name: String,
}

impl Identity {
    /// The town's mayor.
    pub fn mayor() -> Self {
        Self { role: Role::Mayor, rig: String::new(), name: String::new() }
    }

    /// The town's deacon.
    pub fn deacon() -> Self {
        Self { role: Role::Deacon, rig: String::new(), name: String::new() }
    }

    /// A rig's witness.
    pub fn witness(rig: &str) -> Result<Self, IdentityError> {
        Self::of_rig(Role::Witness, rig, None)
    }

    /// A rig's refinery.
    pub fn refinery(rig: &str) -> Result<Self, IdentityError> {
        Self::of_rig(Role::Refinery, rig, None)
    }

    /// A polecat of a rig.
    pub fn polecat(rig: &str, name: &str) -> Result<Self, IdentityError> {
        Self::of_rig(Role::Polecat, rig, Some(name))
    }

    /// A member of a rig's crew.
    pub fn crew(rig: &str, name: &str) -> Result<Self, IdentityError> {
        Self::of_rig(Role::Crew, rig, Some(name))
    }

    /// A person, by name. One that means something else as an identity is refused.
    pub fn person(name: &str) -> Result<Self, IdentityError> {
        let name = name.trim();
        let fail = |problem| IdentityError { text: name.to_owned(), problem };
        check_part(name).map_err(fail)?;
        if name.contains('/') {
            return Err(fail(IdentityProblem::Form));
        }
        if is_reserved(name) {
            return Err(fail(IdentityProblem::Partial));
        }
        Ok(Self { role: Role::Worker, rig: String::new(), name: name.to_owned() })
    }

    fn of_rig(role: Role, rig: &str, name: Option<&str>) -> Result<Self, IdentityError> {
        let text = || match name {
            Some(name) => format!("{rig}/{name}"),
            None => format!("{rig}/{role}"),
        };
        let fail = |problem| IdentityError { text: text(), problem };
        for part in std::iter::once(rig).chain(name) {
            check_part(part).map_err(fail)?;
            if part.contains('/') {
                return Err(fail(IdentityProblem::Form));
            }
        }
        // Workers may be called as they like: Gas Town has had polecats by the name of `witness`.
        if is_reserved(rig) {
            return Err(fail(IdentityProblem::Form));
        }
        Ok(Self { role, rig: rig.to_owned(), name: name.unwrap_or_default().to_owned() })
    }

    /// Reads an identity in the form it is written, or in one of the shorter and older ones: `mayor/` and `deacon/`, and
    /// `RIG/NAME`, which is taken for a polecat (a town that knows its crew tells better: `Town::resolve`).
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        let fail = |problem| IdentityError { text: text.to_owned(), problem };
        let parts: Vec<&str> = text.strip_suffix('/').unwrap_or(text).split('/').collect();
        for part in &parts {
            check_part(part).map_err(fail)?;
        }
        let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
        let made = match parts.as_slice() {
            [one] if is(one, "mayor") => Ok(Self::mayor()),
            [one] if is(one, "deacon") => Ok(Self::deacon()),
            [_] if text.ends_with('/') => return Err(fail(IdentityProblem::Partial)),
            [name] => Self::person(name),
            [rig, role] if is(role, "witness") => Self::witness(rig),
            [rig, role] if is(role, "refinery") => Self::refinery(rig),
            [_, role] if is_reserved(role) => return Err(fail(IdentityProblem::Partial)),
            [rig, name] => Self::polecat(rig, name),
            [rig, kind, name] if is(kind, "polecats") || is(kind, "polecat") => {
                Self::polecat(rig, name)
            }
            [rig, kind, name] if is(kind, "crew") => Self::crew(rig, name),
            _ => return Err(fail(IdentityProblem::Form)),
        };
        made.map_err(|error| fail(error.problem))
    }

    /// Whether an assignee, sender or addressee is this one, in whatever form it is written. The short `RIG/NAME` is the
    /// polecat of that name and the crew member too. A text that is no identity is nobody.
    pub fn same_as(&self, assignee: &str) -> bool {
        let Ok(other) = Self::parse(assignee) else { return false };
        if *self == other {
            return true;
        }
        let short = assignee.trim().trim_end_matches('/').matches('/').count() == 1;
        short
            && other.role == Role::Polecat
            && self.role == Role::Crew
            && self.rig == other.rig
            && self.name == other.name
    }

    /// The rig, of those who have one.
    pub fn rig(&self) -> Option<&str> {
        Some(self.rig.as_str()).filter(|rig| !rig.is_empty())
    }

    /// The part it plays.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The name, of polecats, crew and persons.
    pub fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, rig, name } = self;
        match role {
            Role::Mayor | Role::Deacon => write!(f, "{role}"),
            Role::Witness | Role::Refinery => write!(f, "{rig}/{role}"),
            Role::Polecat => write!(f, "{rig}/polecats/{name}"),
            Role::Crew => write!(f, "{rig}/crew/{name}"),
            Role::Worker => write!(f, "{name}"),
        }
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text)
    }
}

/// Whether a part may stand in an identity: it becomes a folder's name, part of a branch's, and an argument.
fn check_part(part: &str) -> Result<(), IdentityProblem> {
    if part.is_empty() {
        return Err(IdentityProblem::Empty);
    }
    if part.trim() != part {
        return Err(IdentityProblem::Blanks);
    }
    if part == "." || part == ".." {
        return Err(IdentityProblem::Dots);
    }
    if part.starts_with('-') {
        return Err(IdentityProblem::Dash);
    }
    if part.contains(|c: char| c.is_control() || c == '\\') {
        return Err(IdentityProblem::Character);
    }
    if part.len() > LONGEST {
        return Err(IdentityProblem::Long);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
