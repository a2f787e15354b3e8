//! Circles among dependencies: of those that hold each other up, and of parents and children.

use std::collections::HashMap;

use super::{Finding, finding};
use crate::issues::{Brief, Issues, LinkKind};

/// One finding for each circle, with its path.
pub(super) fn cycles(issues: &Issues) -> Vec<Finding> {
    let holds_up = |kind: LinkKind| kind.holds_up();
    let of_parents = |kind: LinkKind| kind == LinkKind::ParentChild;
    let mut found = Vec::new();
    for path in circles(issues, &holds_up) {
        let what = format!("these wait for each other: {}", path.join(" → "));
        found.push(finding("cycle", what, None));
    }
    for path in circles(issues, &of_parents) {
        let what = format!("these are each other's parents: {}", path.join(" → "));
        found.push(finding("cycle", what, None));
    }
    found
}

fn circles<'a>(issues: &'a Issues, counts: &dyn Fn(LinkKind) -> bool) -> Vec<Vec<&'a str>> {
    let by_id = issues.by_id();
    let next = |brief: &Brief<'a>| -> Vec<Brief<'a>> {
        // One that depends on itself is told as that.
        let links = brief.links().filter(|link| counts(link.kind) && link.target != brief.id());
        links
            .filter_map(|link| by_id.get(link.target).copied())
            .filter(|brief| !brief.is_tombstone())
            .collect()
    };
    let mut found = Vec::new();
    // Whether an issue is on the way that is being gone, or done with.
    let mut on_the_way: HashMap<&str, bool> = HashMap::new();
    for start in issues.iter() {
        if on_the_way.contains_key(start.id()) || start.links().next().is_none() {
            continue;
        }
        let mut way: Vec<(Brief<'a>, Vec<Brief<'a>>)> = vec![(start, next(&start))];
        on_the_way.insert(start.id(), true);
        while let Some((brief, left)) = way.last_mut() {
            let Some(one) = left.pop() else {
                on_the_way.insert(brief.id(), false);
                way.pop();
                continue;
            };
            match on_the_way.get(one.id()) {
                None => {
                    on_the_way.insert(one.id(), true);
                    way.push((one, next(&one)));
                }
                Some(true) => {
                    let ids = way.iter().map(|(brief, _)| brief.id());
                    let mut path: Vec<&str> = ids.skip_while(|id| *id != one.id()).collect();
                    path.push(one.id());
                    found.push(path);
                }
                Some(false) => {}
            }
        }
    }
    found
}
