//! What a person types to mean a pane.

use towline_client::target::{self, Candidate, LOCAL_HOST, forms, name_form};
use towline_protocol::v1::{HostState, Pane};

/// For each pane of a list, in its order, the shortest form that means it alone.
pub(crate) fn targets(panes: &[Pane], hosts: &[HostState]) -> Vec<String> {
    let is_host = |text: &str| hosts.iter().any(|host| host.name == text);
    let candidate = |pane| Candidate::of(host_of(pane), pane);
    forms(&panes.iter().map(candidate).collect::<Vec<_>>(), &is_host)
}

/// The alias of the pane's host.
pub(crate) fn host_of(pane: &Pane) -> &str {
    if pane.host.is_empty() { LOCAL_HOST } else { &pane.host }
}

/// The form for a pane of which the others aren't known: its name while it lives (no two living panes of a host have the
/// same), else its id.
pub(crate) fn target_of(pane: &Pane) -> String {
    match pane.exit {
        // What looks like a host in a name may be one.
        None => on_host(&pane.host, &name_form(&pane.name, &target::is_alias)),
        Some(_) => by_id(pane),
    }
}

/// The form that means this pane for ever: ids are never used again.
pub(crate) fn by_id(pane: &Pane) -> String {
    on_host(&pane.host, &format!("%{}", pane.id))
}

/// A target on a host; on this one where that is empty.
pub(crate) fn on_host(host: &str, target: &str) -> String {
    if host.is_empty() { target.to_owned() } else { format!("{host}:{target}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_meant_by_its_name_or_its_id() {
        let pane = |host: &str, name: &str| Pane {
            host: host.into(),
            name: name.into(),
            id: 3,
            ..Pane::default()
        };
        assert_eq!(target_of(&pane("", "app")), "app");
        assert_eq!(target_of(&pane("thor", "app")), "thor:app");
        assert_eq!(target_of(&pane("thor", "a:b")), "thor:=a:b");
        assert_eq!(by_id(&pane("thor", "app")), "thor:%3");
        let ended = Pane { exit: Some(Default::default()), ..pane("", "app") };
        assert_eq!(target_of(&ended), "%3");
    }
}
