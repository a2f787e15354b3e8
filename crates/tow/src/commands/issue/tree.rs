//! `tow issue dep tree`: what an issue hangs on, and what that hangs on.

use std::collections::HashSet;
use std::process::ExitCode;

use serde_json::{Value, json};
use towline_ledger::ready::Graph;
use towline_ledger::{Brief, Issues, Lookup, dependents};

use super::dep::is_in_tree;
use crate::context::Context;
use crate::error::CommandError;
use crate::issue::line::{self, Look};
use crate::issue::{json as shapes, warn};
use crate::output;
use crate::work;

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issue
    #[arg(value_name = "ID")]
    issue: String,

    /// down: what it hangs on; up: what hangs on it
    #[arg(long, value_name = "WAY", value_parser = ["down", "up"], default_value = "down")]
    direction: String,

    /// The same as --direction up
    #[arg(long)]
    reverse: bool,

    /// How deep, at most
    #[arg(short = 'd', long, value_name = "N", default_value_t = 50)]
    max_depth: usize,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An issue in the tree.
struct Node<'a> {
    brief: Brief<'a>,
    depth: usize,
    parent: Option<&'a str>,
    /// There is more below it, which is too deep or stands elsewhere in the tree.
    truncated: bool,
    /// It is the last below its parent.
    last: bool,
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let (opened, id) = Lookup::new(&ledgers).locate(&args.issue)?;
    warn(context, &opened);
    let up = args.reverse || args.direction == "up";
    let nodes = tree(&opened.issues, &id, up, args.max_depth);
    if args.json {
        output::json(&nodes.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let graph = Graph::of(&opened.issues);
    let look = Look::of(context);
    let heading = if up { "Dependent tree" } else { "Dependency tree" };
    let mut text = format!("\n🌲 {heading} for {id}:\n\n");
    // Whether the branch of each level above goes on.
    let mut goes_on: Vec<bool> = Vec::new();
    for node in &nodes {
        goes_on.truncate(node.depth.saturating_sub(1));
        let above = goes_on.iter().map(|on| if *on { "│   " } else { "    " });
        let mut branch: String = above.collect();
        if node.depth > 0 {
            branch += if node.last { "└── " } else { "├── " };
            goes_on.push(!node.last);
        }
        let narrower = |width: usize| width.saturating_sub(branch.chars().count());
        let look = Look { width: look.width.map(narrower), ..look };
        text += &format!("{branch}{}\n", shown(node, &graph, look));
    }
    output::print(text + "\n")?;
    Ok(ExitCode::SUCCESS)
}

fn shown(node: &Node<'_>, graph: &Graph<'_>, look: Look) -> String {
    let brief = &node.brief;
    let status = brief.status();
    let is_ready = node.depth == 0 && !status.is_over() && !graph.is_held_up(brief);
    let parts = vec![
        line::styled(format!("{}:", brief.id()), line::id_style()),
        line::title(brief.issue().title()),
        line::priority_part(brief.priority()),
        line::styled(format!("({})", status.name()), line::status_style(&status)),
        line::plain(if is_ready { "[READY]" } else { "" }),
        line::plain(if node.truncated { "…" } else { "" }),
    ];
    line::joined(parts, look)
}

fn as_json(node: &Node<'_>) -> Value {
    let mut map = shapes::full(&node.brief.issue());
    map.insert("depth".into(), json!(node.depth));
    map.insert("parent_id".into(), json!(node.parent.unwrap_or_default()));
    map.insert("truncated".into(), json!(node.truncated));
    Value::Object(map)
}

/// The tree in the order in which it is read: each issue before those below it, and each once.
fn tree<'a>(issues: &'a Issues, id: &str, up: bool, deepest: usize) -> Vec<Node<'a>> {
    let Some(root) = issues.find(id) else { return Vec::new() };
    let mut seen = HashSet::new();
    let mut nodes = Vec::new();
    let mut stack =
        vec![Node { brief: root, depth: 0, parent: None, truncated: false, last: true }];
    while let Some(mut node) = stack.pop() {
        let below = below(issues, &node.brief, up);
        // It stands there already, with what is below it.
        let again = !seen.insert(node.brief.id());
        node.truncated = !below.is_empty() && (again || node.depth >= deepest);
        if !node.truncated {
            let (parent, count) = (node.brief.id(), below.len());
            let nodes = below.into_iter().enumerate().map(|(at, brief)| Node {
                brief,
                depth: node.depth + 1,
                parent: Some(parent),
                truncated: false,
                last: at + 1 == count,
            });
            stack.extend(nodes.collect::<Vec<_>>().into_iter().rev());
        }
        nodes.push(node);
    }
    nodes
}

fn below<'a>(issues: &'a Issues, brief: &Brief<'a>, up: bool) -> Vec<Brief<'a>> {
    let mut found: Vec<Brief<'a>> = match up {
        true => dependents(issues, brief.id())
            .into_iter()
            .filter(|one| {
                one.links().any(|link| link.target == brief.id() && is_in_tree(link.kind))
            })
            .collect(),
        false => {
            let links = brief.links().filter(|link| is_in_tree(link.kind));
            links
                .filter_map(|link| issues.find(link.target))
                .filter(|one| !one.is_tombstone())
                .collect()
        }
    };
    found.sort_by_key(|one| (one.priority(), one.id()));
    found.dedup_by_key(|one| one.id());
    found
}
