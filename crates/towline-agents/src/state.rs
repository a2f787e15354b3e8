//! What an agent may be doing, and who says so.

use std::fmt;

/// Declares an enumeration whose members have names that people and files use.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$member_doc])* $member,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The name that people and files use.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$member => $text,)+
                }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// What an agent is doing.
    State {
        /// Its process is there and has not shown yet what it does.
        Starting = "starting",
        /// It thinks, writes or runs a tool.
        Working = "working",
        /// It waits for a person and can't go on without.
        Blocked = "blocked",
        /// It takes a prompt.
        Idle = "idle",
        /// Idle after work that nobody has looked at yet.
        Done = "done",
        /// Its process is gone.
        Exited = "exited",
        /// Nothing says what it does.
        Unknown = "unknown",
    }
}

named! {
    /// What a blocked agent waits for.
    Reason {
        /// Leave to run a tool or change a file.
        Permission = "permission",
        /// An answer to a question of its own.
        Question = "question",
        /// Somebody who logs in.
        Login = "login",
        /// The end of a limit, or a decision about it.
        Limit = "limit",
        /// Word whether the folder is trusted.
        Trust = "trust",
    }
}

named! {
    /// Where a verdict comes from, the strongest first.
    Source {
        /// The agent's own hooks.
        Hook = "hook",
        /// What it says that it does by a sequence made for that (OSC 7501).
        Status = "status",
        /// The terminal's title.
        Title = "title",
        /// A progress sequence (OSC 9;4).
        Progress = "progress",
        /// A notification sequence (OSC 9, 99, 777).
        Notification = "notification",
        /// What the screen shows.
        Screen = "screen",
        /// Which processes there are.
        Process = "process",
    }
}

impl State {
    /// It takes a prompt: idle or done.
    pub fn is_idle(self) -> bool {
        matches!(self, Self::Idle | Self::Done)
    }

    /// The state that a person means by `asked` holds: who asks for idle means done as well.
    pub fn answers_to(self, asked: Self) -> bool {
        self == asked || asked == Self::Idle && self == Self::Done
    }
}

/// A state, with what is known beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What the agent does.
    pub state: State,
    /// What it waits for, where it is blocked and that is known.
    pub reason: Option<Reason>,
    /// What it asks, in one line without control characters.
    pub question: Option<String>,
}

impl Claim {
    /// A state that needs no more words.
    pub fn of(state: State) -> Self {
        Self { state, reason: None, question: None }
    }

    /// Blocked, for this reason.
    pub fn blocked(reason: Reason, question: Option<String>) -> Self {
        Self { state: State::Blocked, reason: Some(reason), question }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Some(reason) => write!(f, "{} ({reason})", self.state),
            None => write!(f, "{}", self.state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(*state));
        }
        assert_eq!(State::from_name("Idle"), None);
        assert_eq!(Reason::from_name("trust"), Some(Reason::Trust));
        assert_eq!(Source::ALL.first(), Some(&Source::Hook));
    }

    #[test]
    fn done_is_a_kind_of_idle() {
        assert!(State::Done.answers_to(State::Idle));
        assert!(!State::Idle.answers_to(State::Done));
        assert!(!State::Unknown.answers_to(State::Idle));
    }
}
