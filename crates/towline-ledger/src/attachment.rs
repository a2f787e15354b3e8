//! What is attached to an issue: the molecule to work through, the arguments it was handed over with, who did so.
//!
//! Kept in the description as `key: value` lines before the rest of the text, as Gas Town does, so that every
//! tool that shows a description shows it.

use crate::fields::{self, Key};

/// The keys, in the order they are written: first the three that every version of Gas Town knows.
const KEYS: [Key; 13] = [
    Key::anywhere("attached_molecule"),
    Key::anywhere("attached_at"),
    Key::anywhere("attached_args"),
    Key::anywhere("attached_formula"),
    Key::anywhere("attached_vars"),
    Key::anywhere("dispatched_by"),
    Key::anywhere("no_merge"),
    // People begin lines with this word.
    Key::top("mode"),
    Key::anywhere("convoy_id"),
    Key::anywhere("merge_strategy"),
    Key::anywhere("review_only"),
    Key::anywhere("convoy_owned"),
    Key::anywhere("formula_vars"),
];

/// What is attached to an issue. A field that isn't there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The id of the root issue of the molecule to work through.
    pub attached_molecule: String,
    /// When it was attached (RFC 3339).
    pub attached_at: String,
    /// The arguments in plain words. May have several lines.
    pub attached_args: String,
    /// The formula whose steps are to be followed without being poured.
    pub attached_formula: String,
    /// The values of the formula's variables: a JSON array of `key=value` texts.
    pub attached_vars: String,
    /// The identity that handed the work over.
    pub dispatched_by: String,
    /// `true`: what is done is not to be merged, but left for a person.
    pub no_merge: String,
    /// How the work is to be gone about; empty is the ordinary way.
    pub mode: String,
    /// The convoy that tracks the issue.
    pub convoy_id: String,
    /// How what is done is merged: `direct`, `mr` or `local`.
    pub merge_strategy: String,
    /// `true`: the work is a review, and changes nothing.
    pub review_only: String,
    /// `true`: the convoy is looked after by whoever made it.
    pub convoy_owned: String,
    /// Variables as newer versions of Gas Town write them.
    pub formula_vars: String,
}

impl Attachment {
    /// Reads what is attached from a description.
    ///
    /// A line is split at its first `:`. Keys may be in any case and also be written `attached-args` or `attachedArgs`.
    /// Lines without a value don't count; of several the last does. A value that is a JSON string is taken for what that
    /// string means. `mode`, a word that texts have too, counts only before the rest of the text.
    pub fn read(description: &str) -> Self {
        let [
            attached_molecule,
            attached_at,
            attached_args,
            attached_formula,
            attached_vars,
            dispatched_by,
            no_merge,
            mode,
            convoy_id,
            merge_strategy,
            review_only,
            convoy_owned,
            formula_vars,
        ] = fields::read(description, &KEYS);
        Self {
            attached_molecule,
            attached_at,
            attached_args,
            attached_formula,
            attached_vars,
            dispatched_by,
            no_merge,
            mode,
            convoy_id,
            merge_strategy,
            review_only,
            convoy_owned,
            formula_vars,
        }
    }

    /// The description with this attached, and with nothing else that was.
    ///
    /// Fields that aren't empty come first, in a fixed order, then a blank line and the rest of the text as it was, blank
    /// lines at its ends aside. Without any field only that text is left. A value with line breaks, with blanks at its ends
    /// or with a leading `"` is written as one JSON string, so that it comes back whole.
    pub fn write(&self, description: &str) -> String {
        fields::write(description, &KEYS, self.values())
    }

    /// The description's text without what is attached.
    pub fn text(description: &str) -> String {
        fields::text(description, &KEYS)
    }

    /// Whether nothing is attached.
    pub fn is_empty(&self) -> bool {
        self.values().iter().all(|value| value.is_empty())
    }

    /// Whether what is done is not to be merged.
    pub fn skips_merge(&self) -> bool {
        self.no_merge.eq_ignore_ascii_case("true")
    }

    fn values(&self) -> [&str; 13] {
        [
            &self.attached_molecule,
            &self.attached_at,
            &self.attached_args,
            &self.attached_formula,
            &self.attached_vars,
            &self.dispatched_by,
            &self.no_merge,
            &self.mode,
            &self.convoy_id,
            &self.merge_strategy,
            &self.review_only,
            &self.convoy_owned,
            &self.formula_vars,
        ]
    }
}

#[cfg(test)]
mod tests;
