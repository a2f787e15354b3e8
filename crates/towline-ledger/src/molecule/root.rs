//! Which issue is the root of a molecule.

use std::collections::HashSet;

use crate::id::parent_of;
use crate::issue::Issue;
use crate::issues::{Brief, LinkKind};
use crate::ready::Graph;

/// The type of a molecule's root.
pub const TYPE: &str = "molecule";

/// What stands in the ids of the roots that beads pours.
const INFIXES: [&str; 2] = ["-mol-", "-wisp-"];

/// Whether an issue is the root of a molecule: by its type or, of those that beads has poured, by its id.
pub fn is_root(brief: &Brief<'_>) -> bool {
    let poured_by_beads = || {
        INFIXES.iter().any(|infix| brief.id().contains(infix))
            && brief.links().all(|link| link.kind != LinkKind::ParentChild)
    };
    brief.issue_type() == TYPE || (brief.issue_type() == "epic" && poured_by_beads())
}

/// Whether an issue leaves no trace when it is over: by the mark of the line or, as older versions of Gas Town wrote it, by a
/// line `wisp: true` of its description.
pub fn is_wisp(issue: &Issue) -> bool {
    let marked = issue.flag("ephemeral") || issue.flag("wisp");
    marked
        || issue.description().lines().filter_map(|line| line.split_once(':')).any(
            |(key, value)| {
                matches!(key.trim(), "wisp" | "is_wisp")
                    && value.trim().eq_ignore_ascii_case("true")
            },
        )
}

/// The root of the molecule that an issue is a step of: the nearest of those it is below that is a molecule's root, else the one
/// it is a child of. `None` of what is no child.
pub fn root_of<'a>(graph: &Graph<'a>, step: &str) -> Option<Brief<'a>> {
    let first = parent(graph, step)?;
    let mut seen = HashSet::from([step.to_owned()]);
    let mut above = Some(first);
    while let Some(one) = above {
        if is_root(&one) {
            return Some(one);
        }
        if !seen.insert(one.id().to_owned()) {
            break;
        }
        above = parent(graph, one.id());
    }
    Some(first)
}

/// The parent of an issue: by its dependency, else by its id.
pub(super) fn parent<'a>(graph: &Graph<'a>, id: &str) -> Option<Brief<'a>> {
    let brief = graph.get(id)?;
    let by_link = brief.links().find(|link| link.kind == LinkKind::ParentChild);
    let parent = match by_link {
        Some(link) => link.target,
        None => parent_of(brief.id())?.0,
    };
    graph.get(parent).filter(|parent| !parent.is_tombstone())
}
