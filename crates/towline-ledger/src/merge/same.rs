//! Whether two lines with the same id are about the same issue.
//!
//! Ids are made on each side for itself: a hash can meet another, and the numbers of children often do. An issue is known by when it
//! was made. Some writers cut times to whole seconds, or write them anew: then who made it and its title must do.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::issue::Issue;

/// What an issue is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) made: Option<Timestamp>,
    pub(super) by: String,
    pub(super) title: String,
}

impl Known {
    pub(super) fn of(line: &str) -> Self {
        let Ok(issue) = Issue::parse(line) else {
            return Self { made: None, by: String::new(), title: String::new() };
        };
        Self {
            made: issue.time("created_at"),
            by: issue.text("created_by").into_owned(),
            title: issue.title().into_owned(),
        }
    }

    /// Whether a side's line is what became of a line of the base: its time or its title is still the same.
    pub(super) fn comes_from(&self, base: &Self) -> bool {
        self.title == base.title || self.made_then(base) != Then::Other
    }

    /// Whether two lines of which nobody knows a common origin are about the same issue.
    pub(super) fn same(&self, other: &Self) -> bool {
        match self.made_then(other) {
            Then::Exactly => true,
            Then::Other => false,
            Then::ThatSecond => {
                let unsaid = self.by.is_empty() || other.by.is_empty();
                self.title == other.title && (unsaid || self.by == other.by)
            }
            Then::Unsaid => self.title == other.title,
        }
    }

    fn made_then(&self, other: &Self) -> Then {
        let (Some(one), Some(two)) = (self.made, other.made) else { return Then::Unsaid };
        let whole = |time: Timestamp| time.subsec_nanosecond() == 0;
        match one == two {
            true if !whole(one) => Then::Exactly,
            true => Then::ThatSecond,
            false if one.as_second() == two.as_second() && (whole(one) || whole(two)) => {
                Then::ThatSecond
            }
            false => Then::Other,
        }
    }

    /// The older one first; it keeps the id.
    pub(super) fn age(&self, other: &Self) -> Ordering {
        let key = |known: &Self| (known.made.is_none(), known.made);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.by.cmp(&other.by))
            .then_with(|| self.title.cmp(&other.title))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Exactly,
    /// In the same second, as far as one of them says.
    ThatSecond,
    Other,
    Unsaid,
}
