//! Circles of issues that wait for each other.

use std::collections::HashMap;

use crate::issues::{Issues, LinkKind};
use crate::ready::Graph;

impl Graph<'_> {
    /// The circles among a ledger's issues, each as the ids on it in the order in which they depend on each other. Of issues that
    /// are entangled in several, one circle is told.
    pub fn cycles(&self, issues: &Issues) -> Vec<Vec<String>> {
        let mut found: Vec<Vec<String>> = entangled(issues)
            .into_iter()
            .filter_map(|group| {
                let first = *group.iter().min()?;
                self.circle(first)
            })
            .collect();
        found.sort();
        found
    }

    /// A circle through an issue, without its end, which is its beginning.
    fn circle(&self, id: &str) -> Option<Vec<String>> {
        let targets =
            self.get(id)?.links().filter(|link| counts(link.kind)).map(|link| link.target);
        // The shortest of those by way of each of the issues that it depends on.
        let paths = targets.filter_map(|target| self.path(target, id));
        let path = paths.min_by_key(Vec::len)?;
        let mut circle = vec![id.to_owned()];
        circle.extend(path.into_iter().take_while(|other| other != id));
        Some(circle)
    }
}

/// Work can't begin, or can't end, in a circle of these.
fn counts(kind: LinkKind) -> bool {
    kind.holds_up() || kind == LinkKind::ParentChild
}

/// The groups of issues each of which depends on each other, without those that are alone: Tarjan's algorithm, with a stack of
/// its own because a ledger may have chains of any length.
fn entangled(issues: &Issues) -> Vec<Vec<&str>> {
    let ids: Vec<&str> = issues.iter().map(|brief| brief.id()).collect();
    let place: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); ids.len()];
    for (at, brief) in issues.iter().enumerate() {
        let links = brief.links().filter(|link| counts(link.kind));
        edges[at] = links.filter_map(|link| place.get(link.target).copied()).collect();
    }
    let mut search = Search::of(ids.len());
    for start in 0..ids.len() {
        search.from(start, &edges);
    }
    let groups = search.groups.into_iter();
    groups.map(|group| group.into_iter().map(|at| ids[at]).collect()).collect()
}

/// The state of the search.
struct Search {
    /// When each was reached first; `None`: not yet.
    reached: Vec<Option<usize>>,
    /// The earliest that can be reached from each.
    lowest: Vec<usize>,
    open: Vec<bool>,
    stack: Vec<usize>,
    count: usize,
    groups: Vec<Vec<usize>>,
}

impl Search {
    fn of(count: usize) -> Self {
        Self {
            reached: vec![None; count],
            lowest: vec![0; count],
            open: vec![false; count],
            stack: Vec::new(),
            count: 0,
            groups: Vec::new(),
        }
    }

    fn enter(&mut self, at: usize) {
        self.reached[at] = Some(self.count);
        self.lowest[at] = self.count;
        self.count += 1;
        self.stack.push(at);
        self.open[at] = true;
    }

    fn from(&mut self, start: usize, edges: &[Vec<usize>]) {
        if self.reached[start].is_some() {
            return;
        }
        self.enter(start);
        let mut way = vec![(start, 0)];
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            if let Some(target) = edges[at].get(*next).copied() {
                *next += 1;
                match self.reached[target] {
                    None => {
                        self.enter(target);
                        way.push((target, 0));
                    }
                    Some(reached) if self.open[target] => {
                        self.lowest[at] = self.lowest[at].min(reached);
                    }
                    Some(_) => {}
                }
                continue;
            }
            way.pop();
            if let Some((above, _)) = way.last() {
                self.lowest[*above] = self.lowest[*above].min(self.lowest[at]);
            }
            if self.reached[at] == Some(self.lowest[at]) {
                self.close(at, edges);
            }
        }
    }

    /// Takes the group whose first member this is off the stack.
    fn close(&mut self, first: usize, edges: &[Vec<usize>]) {
        let from = self.stack.iter().rposition(|at| *at == first).unwrap_or(0);
        let group = self.stack.split_off(from);
        for at in &group {
            self.open[*at] = false;
        }
        if group.len() > 1 || edges[first].contains(&first) {
            self.groups.push(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(links: &[(&str, &str, &str)]) -> Issues {
        let mut text = String::new();
        for id in ["a-1", "a-2", "a-3", "a-4"] {
            let mine: Vec<String> = links
                .iter()
                .filter(|(from, ..)| *from == id)
                .map(|(from, to, kind)| {
                    format!(r#"{{"issue_id":"{from}","depends_on_id":"{to}","type":"{kind}"}}"#)
                })
                .collect();
            text += &format!("{{\"id\":\"{id}\",\"dependencies\":[{}]}}\n", mine.join(","));
        }
        Issues::parse(text.into_bytes())
    }

    #[test]
    fn circles_are_found() {
        for (links, expected) in [
            (&[("a-1", "a-2", "blocks"), ("a-2", "a-3", "blocks")][..], &[][..]),
            (&[("a-2", "a-3", "blocks"), ("a-3", "a-2", "parent-child")], &[&["a-2", "a-3"][..]]),
            (&[("a-1", "a-1", "blocks")], &[&["a-1"]]),
            (&[("a-1", "a-2", "related"), ("a-2", "a-1", "related")], &[]),
            (
                &[
                    ("a-1", "a-2", "blocks"),
                    ("a-2", "a-1", "blocks"),
                    ("a-3", "a-4", "blocks"),
                    ("a-4", "a-3", "blocks"),
                    ("a-3", "a-1", "blocks"),
                ],
                &[&["a-1", "a-2"], &["a-3", "a-4"]],
            ),
        ] {
            let issues = ledger(links);
            assert_eq!(Graph::of(&issues).cycles(&issues), expected, "{links:?}");
        }
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let mut text = String::new();
        for at in 0..100_000 {
            let next = at + 1;
            text += &format!(
                "{{\"id\":\"a-{at:06}\",\"dependencies\":[{{\"depends_on_id\":\"a-{next:06}\",\"type\":\"blocks\"}}]}}\n"
            );
        }
        let issues = Issues::parse(text.into_bytes());
        assert_eq!(Graph::of(&issues).cycles(&issues).len(), 0);
    }
}
