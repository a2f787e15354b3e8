//! The options by which issues are chosen.

use std::collections::HashSet;

use towline_ledger::ready::Graph;
use towline_ledger::{Brief, Ledgers, LinkKind, Lookup, Opened, Status};

use super::assignee::Who;
use super::input;
use crate::error::CommandError;

/// Which issues. Several values of one option are alternatives, but for labels, which an issue must have all.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Which issues")]
pub(crate) struct Filter {
    /// Only those of these types
    #[arg(short = 't', long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,

    /// Only those of somebody; `me` is you
    #[arg(short, long, value_name = "WHO", conflicts_with = "unassigned")]
    assignee: Option<String>,

    /// Only those that nobody has
    #[arg(long)]
    unassigned: bool,

    /// Only those with all of these labels
    #[arg(short, long, value_name = "LABEL", value_delimiter = ',')]
    label: Vec<String>,

    /// Only those with one of these labels
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    label_any: Vec<String>,

    /// Only those of these priorities, 0 (urgent) to 4
    #[arg(short, long, value_name = "N", value_delimiter = ',', value_parser = input::priority)]
    priority: Vec<u8>,

    /// Only those below this issue
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
}

/// Which issues by what has become of them.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Which issues")]
pub(crate) struct StatusFilter {
    /// Only those of these statuses: open, in_progress, blocked, deferred, hooked, pinned, closed; `all`
    #[arg(short, long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,

    /// Closed ones too, and what isn't work: messages, gates, templates, wisps
    #[arg(long, conflicts_with = "status")]
    pub(crate) all: bool,
}

/// What issues of one ledger must be.
pub(crate) struct Sieve {
    types: Vec<String>,
    who: Option<Who>,
    unassigned: bool,
    all_labels: Vec<String>,
    any_label: Vec<String>,
    priorities: Vec<u8>,
    below: Option<HashSet<String>>,
}

/// How issues below another are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    /// Its children.
    Children,
    /// Those below them too.
    All,
}

impl Filter {
    /// What it means for the issues of a ledger.
    ///
    /// # Errors
    /// Where a type or the parent is none.
    pub(crate) fn sieve(
        &self,
        ledgers: &Ledgers,
        opened: &Opened,
        below: Below,
    ) -> Result<Sieve, CommandError> {
        let types = self.types.iter().map(|text| opened.ledger.issue_type(&opened.issues, text));
        let parent = match &self.parent {
            Some(text) => Some(Lookup::new(ledgers).locate(text)?.1),
            None => None,
        };
        Ok(Sieve {
            types: types.collect::<Result<_, _>>()?,
            who: self.assignee.as_deref().map(|text| Who::of(ledgers, text)),
            unassigned: self.unassigned,
            all_labels: trimmed(&self.label),
            any_label: trimmed(&self.label_any),
            priorities: self.priority.clone(),
            below: parent.map(|parent| ids_below(opened, &parent, below)),
        })
    }
}

/// Labels as they are written in a ledger: without blanks around them.
pub(crate) fn trimmed(labels: &[String]) -> Vec<String> {
    labels.iter().map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect()
}

fn ids_below(opened: &Opened, parent: &str, below: Below) -> HashSet<String> {
    let graph = Graph::of(&opened.issues);
    let mut found: HashSet<String> = HashSet::new();
    let mut above = vec![parent.to_owned()];
    while let Some(id) = above.pop() {
        for child in graph.children(&id) {
            if found.insert(child.id().to_owned()) && below == Below::All {
                above.push(child.id().to_owned());
            }
        }
    }
    found
}

impl Sieve {
    /// The types that were asked for.
    pub(crate) fn types(&self) -> &[String] {
        &self.types
    }

    /// Whether an issue is one of those. What is cheap to tell comes first.
    pub(crate) fn takes(&self, brief: &Brief<'_>) -> bool {
        let one_of =
            |list: &[String], text: &str| list.is_empty() || list.iter().any(|one| one == text);
        if !self.priorities.is_empty() && !self.priorities.contains(&brief.priority())
            || !one_of(&self.types, brief.issue_type())
            || self.unassigned && brief.is_assigned()
            || self.who.as_ref().is_some_and(|who| !who.is(&brief.assignee()))
            || self.below.as_ref().is_some_and(|below| !below.contains(brief.id()))
        {
            return false;
        }
        if self.all_labels.is_empty() && self.any_label.is_empty() {
            return true;
        }
        let labels = brief.labels();
        self.all_labels.iter().all(|label| labels.contains(label))
            && (self.any_label.is_empty()
                || self.any_label.iter().any(|label| labels.contains(label)))
    }
}

/// Types that are shown where they are asked for.
const HIDDEN: [&str; 2] = ["message", "gate"];

/// What issues' statuses must be.
pub(crate) enum StatusSieve {
    /// Whatever is not over, and work.
    Usual,
    /// Anything but tombstones.
    All,
    /// One of these.
    These(Vec<Status>),
}

impl StatusFilter {
    /// What it means for the issues of a ledger.
    ///
    /// # Errors
    /// Where a status is none.
    pub(crate) fn sieve(&self, opened: &Opened) -> Result<StatusSieve, CommandError> {
        if self.all || self.status.iter().any(|text| text.trim() == "all") {
            return Ok(StatusSieve::All);
        }
        if self.status.is_empty() {
            return Ok(StatusSieve::Usual);
        }
        let statuses = self.status.iter().map(|text| opened.ledger.status(&opened.issues, text));
        Ok(StatusSieve::These(statuses.collect::<Result<_, _>>()?))
    }
}

impl StatusFilter {
    /// What it means for a search, which finds closed issues too.
    ///
    /// # Errors
    /// Where a status is none.
    pub(crate) fn for_search(&self, opened: &Opened) -> Result<StatusSieve, CommandError> {
        match self.sieve(opened)? {
            StatusSieve::Usual => Ok(StatusSieve::All),
            other => Ok(other),
        }
    }
}

impl StatusSieve {
    /// Whether an issue is one of those; `asked` are the types that were asked for.
    pub(crate) fn takes(&self, brief: &Brief<'_>, asked: &[String]) -> bool {
        match self {
            Self::All => !brief.is_tombstone(),
            Self::These(statuses) => statuses.contains(&brief.status()),
            Self::Usual => !brief.status().is_over() && (!asked.is_empty() || is_shown(brief)),
        }
    }
}

fn is_shown(brief: &Brief<'_>) -> bool {
    !HIDDEN.contains(&brief.issue_type()) && !brief.is_template() && !brief.is_wisp()
}

/// Issues that depend on others by `blocks`, to be told with each: those that are open.
pub(crate) fn open_blocks<'a>(graph: &Graph<'a>, brief: &Brief<'a>) -> Vec<&'a str> {
    let links = brief.links().filter(|link| link.kind == LinkKind::Blocks);
    let open =
        links.filter_map(|link| graph.get(link.target)).filter(|one| !one.status().is_over());
    open.map(|one| one.id()).collect()
}
