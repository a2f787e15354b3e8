//! Which pane is whose: panes of a town's workers are named after who works in them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use towline_ledger::place::Town;
use towline_ledger::{Identity, Role};
use towline_protocol::v1;

/// The name of somebody's pane: `mayor`, `deacon`, `RIG-witness`, `RIG-refinery`, `RIG-NAME` for a polecat, `RIG-crew-NAME` for a
/// member of the crew; a person's own name. All characters of identities may stand in a pane's name but the slash and blanks, which
/// become `-`.
///
/// The town's name is no part of it: most people have one town. Where a name is taken, a server gives the next pane a number
/// behind it, which [`find`] knows.
pub fn name_of(identity: &Identity, _town: &Town) -> String {
    let rig = identity.rig().unwrap_or_default();
    let name = identity.name().unwrap_or_default();
    let text = match identity.role() {
        Role::Mayor | Role::Deacon => identity.role().name().to_owned(),
        Role::Witness | Role::Refinery => format!("{rig}-{}", identity.role()),
        Role::Polecat => format!("{rig}-{name}"),
        Role::Crew => format!("{rig}-crew-{name}"),
        Role::Worker => name.to_owned(),
    };
    text.chars()
        .map(|c| if c.is_whitespace() || matches!(c, '/' | ':' | '=' | '%') { '-' } else { c })
        .collect()
}

/// The pane that somebody works in, among those of all hosts: one that lives and has their name, here before elsewhere. One that
/// works in another town of this machine is somebody else's.
pub fn find<'a>(
    panes: impl IntoIterator<Item = &'a v1::Pane>,
    identity: &Identity,
    town: &Town,
) -> Option<&'a v1::Pane> {
    let name = name_of(identity, town);
    let mut found: Vec<&v1::Pane> = panes
        .into_iter()
        .filter(|pane| pane.exit.is_none() && is_named(&pane.name, &name))
        .filter(|pane| !pane.host.is_empty() || !is_of_another_town(pane, town))
        .collect();
    // Those in this town before those of which it isn't known, this machine before others, the plain name before a number.
    found.sort_by_key(|pane| {
        (!is_in(pane, town), !pane.host.is_empty(), pane.name != name, pane.id)
    });
    found.first().copied()
}

/// Whether a pane has a name, or that name with a number, as the second of the same name gets.
fn is_named(pane: &str, name: &str) -> bool {
    let Some(rest) = pane.strip_prefix(name) else { return false };
    let number = rest.strip_prefix('-').unwrap_or(rest);
    rest.is_empty()
        || (rest.starts_with('-')
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_in(pane: &v1::Pane, town: &Town) -> bool {
    pane.host.is_empty() && folder(pane).starts_with(&town.root)
}

fn is_of_another_town(pane: &v1::Pane, town: &Town) -> bool {
    !is_in(pane, town) && Town::root_of(folder(pane)).is_some_and(|root| root != town.root)
}

fn folder(pane: &v1::Pane) -> &Path {
    Path::new(OsStr::from_bytes(&pane.cwd))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn town(root: &Path) -> Town {
        Town { root: root.to_owned(), name: "home".into() }
    }

    #[test]
    fn panes_are_called_after_who_works_in_them() {
        let town = town(Path::new("/t"));
        for (identity, name) in [
            ("mayor", "mayor"),
            ("deacon", "deacon"),
            ("demo/witness", "demo-witness"),
            ("demo/refinery", "demo-refinery"),
            ("demo/polecats/Toast", "demo-Toast"),
            ("demo/crew/max", "demo-crew-max"),
            ("Ann Lee", "Ann-Lee"),
        ] {
            assert_eq!(name_of(&Identity::parse(identity).unwrap(), &town), name);
        }
    }

    #[test]
    fn the_pane_of_this_town_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("here");
        let other = folder.path().join("other");
        for town in [&root, &other] {
            std::fs::create_dir_all(town.join("mayor")).unwrap();
            std::fs::write(town.join("mayor/town.json"), "{}").unwrap();
        }
        let pane = |id: u64, name: &str, host: &str, cwd: &Path| v1::Pane {
            id,
            name: name.into(),
            host: host.into(),
            cwd: cwd.as_os_str().as_bytes().to_vec(),
            ..v1::Pane::default()
        };
        let ended = v1::Pane { exit: Some(v1::Exit::default()), ..pane(1, "mayor", "", &root) };
        let theirs = pane(2, "mayor", "", &other);
        let ours = pane(3, "mayor-2", "", &root.join("mayor"));
        let away = pane(4, "mayor", "thor", Path::new("/elsewhere"));
        let moved = pane(5, "mayor", "", Path::new("/tmp"));
        let longer = pane(6, "mayor-x", "", &root);
        let (town, mayor) = (town(&root), Identity::mayor());
        let id =
            |panes: &[&v1::Pane]| find(panes.iter().copied(), &mayor, &town).map(|pane| pane.id);
        assert_eq!(id(&[&ended, &theirs, &away, &moved, &longer, &ours]), Some(3));
        assert_eq!(id(&[&ended, &theirs, &away, &longer, &moved]), Some(5));
        assert_eq!(id(&[&ended, &theirs, &away, &longer]), Some(4));
        assert_eq!(id(&[&ended, &theirs, &longer]), None);
    }
}
