//! Who has an issue: read in every form, written in one.

use towline_ledger::{Identity, Ledgers};

/// The text of an assignee as the ledger has it: an identity in its one form, `me` as who asks, anything else as it is.
pub(crate) fn written(ledgers: &Ledgers, text: &str) -> String {
    if is_me(text) {
        return ledgers.place.identity.to_string();
    }
    identity(ledgers, text).map_or_else(|| text.trim().to_owned(), |who| who.to_string())
}

fn is_me(text: &str) -> bool {
    matches!(text.trim(), "me" | "@me")
}

/// The identity that a text is.
fn identity(ledgers: &Ledgers, text: &str) -> Option<Identity> {
    match &ledgers.place.town {
        Some(town) => town.resolve(text).ok(),
        None => Identity::parse(text).ok(),
    }
}

/// Somebody that issues are asked for by.
pub(crate) struct Who {
    text: String,
    identity: Option<Identity>,
}

impl Who {
    /// Whoever is called so; `me` is who asks.
    pub(crate) fn of(ledgers: &Ledgers, text: &str) -> Self {
        let text = text.trim();
        if is_me(text) {
            let identity = ledgers.place.identity.clone();
            return Self { text: identity.to_string(), identity: Some(identity) };
        }
        Self { text: text.to_owned(), identity: identity(ledgers, text) }
    }

    /// Whether an assignee is this one.
    pub(crate) fn is(&self, assignee: &str) -> bool {
        let same = |who: &Identity| who.same_as(assignee);
        assignee == self.text || self.identity.as_ref().is_some_and(same)
    }
}
