//! Why a target is no pane, in words.

use towline_protocol::v1;

/// Why a target is not one pane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No pane is meant.
    #[error("no pane `{target}`")]
    NotFound {
        /// What was asked for.
        target: String,
        /// The names that were probably meant, the nearest first.
        nearest: Vec<String>,
    },
    /// The target begins with a host that isn't known.
    #[error("no host or session `{host}`")]
    UnknownHost {
        /// What stands before the colon.
        host: String,
    },
    /// Only a pane that has ended is meant, and an ended one is of no use here.
    #[error("pane `{target}` has ended")]
    Ended {
        /// What was asked for.
        target: String,
    },
    /// More than one pane is meant.
    #[error("`{target}` could be {}", .forms.join(", "))]
    Ambiguous {
        /// What was asked for.
        target: String,
        /// For each of them a form that means it alone.
        forms: Vec<String>,
    },
}

impl ResolveError {
    /// Lines that help.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NotFound { nearest, .. } if !nearest.is_empty() => {
                let names: Vec<_> = nearest.iter().map(|name| format!("`{name}`")).collect();
                vec![format!("did you mean {}?", names.join(" or "))]
            }
            Self::NotFound { .. } | Self::UnknownHost { .. } => vec!["tow list".into()],
            Self::Ended { .. } => vec!["tow list --ended".into()],
            Self::Ambiguous { .. } => vec!["use one of these forms".into()],
        }
    }
}

impl From<ResolveError> for v1::Error {
    fn from(error: ResolveError) -> Self {
        let kind = match &error {
            ResolveError::NotFound { .. } | ResolveError::UnknownHost { .. } => {
                v1::ErrorKind::NotFound
            }
            ResolveError::Ended { .. } => v1::ErrorKind::Ended,
            ResolveError::Ambiguous { .. } => v1::ErrorKind::Ambiguous,
        };
        Self { kind: kind.into(), message: error.to_string(), hints: error.hints() }
    }
}
