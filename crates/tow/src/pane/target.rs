//! What a person types to mean a pane.

use std::collections::HashMap;

use towline_client::target::{Candidate, forms, name_form};
use towline_protocol::v1::Pane;

/// For each pane of a list, by id, the shortest form that means it alone.
pub(crate) fn targets(panes: &[Pane]) -> HashMap<u64, String> {
    forms(&panes.iter().map(candidate).collect::<Vec<_>>())
}

fn candidate(pane: &Pane) -> Candidate<'_> {
    Candidate {
        id: pane.id,
        name: &pane.name,
        session: &pane.session,
        window: pane.window,
        pane: pane.pane,
        ended: pane.exit.is_some(),
    }
}

/// The form for a pane of which the others aren't known: its name while it lives (no two living panes have the
/// same), else its id.
pub(crate) fn target_of(pane: &Pane) -> String {
    match pane.exit {
        None => name_form(&pane.name),
        Some(_) => format!("%{}", pane.id),
    }
}
