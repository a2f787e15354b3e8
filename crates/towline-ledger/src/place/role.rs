//! Which part somebody plays, told by their folder and by variables. Pure.

use super::Env;
use crate::identity::{Identity, Role};

/// What a folder of a town says about whoever works in it, or what a variable does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) role: Option<Role>,
    pub(super) rig: Option<String>,
    pub(super) name: Option<String>,
}

impl Claim {
    /// Who that is, where it says enough.
    pub(super) fn identity(&self) -> Option<Identity> {
        let rig = self.rig.as_deref().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_default();
        match self.role? {
            Role::Mayor => Some(Identity::mayor()),
            Role::Deacon => Some(Identity::deacon()),
            Role::Witness => Identity::witness(rig).ok(),
            Role::Refinery => Identity::refinery(rig).ok(),
            Role::Polecat => Identity::polecat(rig, name).ok(),
            Role::Crew => Identity::crew(rig, name).ok(),
            Role::Worker => None,
        }
    }
}

impl From<&Identity> for Claim {
    fn from(identity: &Identity) -> Self {
        Self {
            role: Some(identity.role()),
            rig: identity.rig().map(str::to_owned),
            name: identity.name().map(str::to_owned),
        }
    }
}

/// What a folder says, by its path seen from the town's root. `is_rig` says whether a folder of the town is a rig, for those
/// places in it where nobody in particular works.
pub(super) fn of_folder(parts: &[&str], is_rig: impl Fn(&str) -> bool) -> Claim {
    let rig_of = |rig: &str| Some(rig.to_owned()).filter(|rig| Identity::witness(rig).is_ok());
    let (role, rig, name) = match parts {
        [] | ["mayor", ..] => (Some(Role::Mayor), None, None),
        ["deacon", ..] => (Some(Role::Deacon), None, None),
        [rig, "witness", ..] => (Some(Role::Witness), rig_of(rig), None),
        [rig, "refinery", ..] => (Some(Role::Refinery), rig_of(rig), None),
        [rig, "polecats", name, ..] => (Some(Role::Polecat), rig_of(rig), Some(*name)),
        [rig, "crew", name, ..] => (Some(Role::Crew), rig_of(rig), Some(*name)),
        // The clone that the mayor looks into.
        [rig, "mayor", ..] if is_rig(rig) => (Some(Role::Mayor), None, None),
        [rig, ..] if is_rig(rig) => (None, rig_of(rig), None),
        _ => (None, None, None),
    };
    let claim = Claim { role, rig, name: name.map(str::to_owned) };
    // A folder in `polecats` or `crew` that nobody can be called after is nobody's.
    match claim.identity() {
        None if claim.role.is_some() => Claim { role: None, ..claim },
        _ => claim,
    }
}

/// What came of the variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// None of them is set.
    Nothing,
    /// One says who it is.
    Somebody {
        /// The variable.
        variable: &'static str,
        /// Who.
        identity: Identity,
    },
    /// One says that it is nobody in particular: `worker`.
    Worker {
        /// The variable.
        variable: &'static str,
    },
    /// One is set to what can't be used.
    Useless {
        /// In words.
        why: String,
    },
}

/// What the variables say: `TOWLINE_ROLE`, else `GT_ROLE`. What a role alone leaves open is taken from `GT_RIG`, `GT_CREW` and
/// `GT_POLECAT`, else from the folder. `resolve` reads an identity, with what the town knows.
pub(super) fn of_variables(
    env: &Env,
    folder: &Claim,
    resolve: impl Fn(&str) -> Option<Identity>,
) -> Told {
    let set = |value: &'_ Option<String>| {
        value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let (variable, text) = match (set(&env.towline_role), set(&env.gt_role)) {
        (Some(text), _) => ("TOWLINE_ROLE", text),
        (None, Some(text)) => ("GT_ROLE", text),
        (None, None) => return Told::Nothing,
    };
    let useless = |why: &str| Told::Useless {
        why: format!("{variable} is {text:?}, {why}; it is passed over"),
    };
    let Some(role) = Role::parse(&text) else {
        // A single word that is no role is somebody's own invention, not a person's name.
        let identity = resolve(&text).filter(|identity| identity.role() != Role::Worker);
        return match identity {
            Some(identity) => Told::Somebody { variable, identity },
            None => useless("which is no role"),
        };
    };
    if role == Role::Worker {
        return Told::Worker { variable };
    }
    let named = match role {
        Role::Crew => set(&env.gt_crew),
        Role::Polecat => set(&env.gt_polecat),
        _ => None,
    };
    let claim = Claim {
        role: Some(role),
        rig: set(&env.gt_rig).or_else(|| folder.rig.clone()),
        // A name from the folder counts only if it is that of somebody in the same role.
        name: named.or_else(|| folder.name.clone().filter(|_| folder.role == Some(role))),
    };
    match claim.identity() {
        Some(identity) => Told::Somebody { variable, identity },
        None => useless("and doesn't say of which rig, or who"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(role: Option<Role>, rig: &str, name: &str) -> Claim {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Claim { role, rig: some(rig), name: some(name) }
    }

    #[test]
    fn folders_say_who_works_there() {
        use Role::*;
        for (path, expected) in [
            ("", claim(Some(Mayor), "", "")),
            ("mayor", claim(Some(Mayor), "", "")),
            ("mayor/notes", claim(Some(Mayor), "", "")),
            ("deacon", claim(Some(Deacon), "", "")),
            ("deacon/dogs/alpha", claim(Some(Deacon), "", "")),
            ("gastown", claim(None, "gastown", "")),
            ("gastown/.beads", claim(None, "gastown", "")),
            ("gastown/mayor/rig/src", claim(Some(Mayor), "", "")),
            ("gastown/witness", claim(Some(Witness), "gastown", "")),
            ("gastown/refinery/rig/src", claim(Some(Refinery), "gastown", "")),
            ("gastown/polecats", claim(None, "gastown", "")),
            ("gastown/polecats/Toast", claim(Some(Polecat), "gastown", "Toast")),
            ("gastown/polecats/Toast/gastown/src", claim(Some(Polecat), "gastown", "Toast")),
            ("gastown/crew/max/crew/other", claim(Some(Crew), "gastown", "max")),
            ("gastown/crew/-x", claim(None, "gastown", "-x")),
            // Not known to be a rig, but laid out like one.
            ("new/crew/max", claim(Some(Crew), "new", "max")),
            ("docs", claim(None, "", "")),
            ("docs/mayor", claim(None, "", "")),
            (".beads/formulas", claim(None, "", "")),
        ] {
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            assert_eq!(of_folder(&parts, |rig| rig == "gastown"), expected, "{path}");
        }
    }

    #[test]
    fn variables_say_who_it_is() {
        let env = |towline: &str, gt: &str, rig: &str, polecat: &str, crew: &str| Env {
            towline_role: Some(towline.into()),
            gt_role: Some(gt.into()),
            gt_rig: Some(rig.into()),
            gt_polecat: Some(polecat.into()),
            gt_crew: Some(crew.into()),
            ..Env::default()
        };
        let nowhere = Claim::default();
        let toast = claim(Some(Role::Polecat), "gastown", "Toast");
        for (env, folder, expected) in [
            (Env::default(), &nowhere, None),
            (env("", " ", "", "", ""), &nowhere, None),
            (env("mayor", "", "", "", ""), &nowhere, Some("TOWLINE_ROLE mayor")),
            (env("deacon/", "mayor", "", "", ""), &nowhere, Some("TOWLINE_ROLE deacon")),
            (env("", "mayor", "", "", ""), &toast, Some("GT_ROLE mayor")),
            (env("", "r/crew/max", "", "", ""), &nowhere, Some("GT_ROLE r/crew/max")),
            (env("", "r/max", "", "", ""), &nowhere, Some("GT_ROLE r/polecats/max")),
            (env("", "r/witness", "", "", ""), &nowhere, Some("GT_ROLE r/witness")),
            (env("", "polecat", "r", "p", "c"), &nowhere, Some("GT_ROLE r/polecats/p")),
            (env("", "crew", "r", "p", "c"), &nowhere, Some("GT_ROLE r/crew/c")),
            (env("", "witness", "r", "", ""), &nowhere, Some("GT_ROLE r/witness")),
            // What is left open comes from the folder.
            (env("polecat", "", "", "", ""), &toast, Some("TOWLINE_ROLE gastown/polecats/Toast")),
            (env("polecat", "", "", "Nux", ""), &toast, Some("TOWLINE_ROLE gastown/polecats/Nux")),
            (env("refinery", "", "", "", ""), &toast, Some("TOWLINE_ROLE gastown/refinery")),
            (env("worker", "", "", "", ""), &toast, Some("TOWLINE_ROLE worker")),
        ] {
            let told = match of_variables(&env, folder, |text| Identity::parse(text).ok()) {
                Told::Nothing => None,
                Told::Somebody { variable, identity } => Some(format!("{variable} {identity}")),
                Told::Worker { variable } => Some(format!("{variable} worker")),
                Told::Useless { why } => panic!("{env:?}: {why}"),
            };
            assert_eq!(told.as_deref(), expected, "{env:?}");
        }
        for (env, folder) in [
            (env("crew", "", "", "", ""), &toast),
            (env("polecat", "", "r", "", ""), &nowhere),
            (env("witness", "", "", "", ""), &nowhere),
            (env("boot", "", "", "", ""), &nowhere),
            (env("a/b/c/d", "", "", "", ""), &nowhere),
            (env("../crew/x", "", "", "", ""), &nowhere),
        ] {
            let told = of_variables(&env, folder, |text| Identity::parse(text).ok());
            assert!(matches!(told, Told::Useless { .. }), "{env:?}: {told:?}");
        }
    }
}
