//! Where somebody works and which part they play: the town, the rig, the role, the identity.
//!
//! Folders and files are read here and in [`Town`], nothing is written. What they mean is decided in functions without I/O.

mod files;
mod name;
mod role;
mod town;

use std::path::{Path, PathBuf};

use crate::identity::{Identity, Role};
use crate::routes::{self, RouteError};
use role::{Claim, Told};

pub use files::{NewRig, rig_json, rigs_json, rigs_json_with, rigs_json_without, town_json};
pub use name::{
    NameError, NameProblem, check_prefix, check_rig_name, check_town_name, check_worker_name,
    prefix_for,
};
pub use town::{Rig, Rigs, Town, TownError};

/// The variables of the environment that say who somebody is. One that is empty says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// `TOWLINE_ROLE`: an identity, or a role.
    pub towline_role: Option<String>,
    /// `GT_ROLE`: the same, as Gas Town sets it.
    pub gt_role: Option<String>,
    /// `GT_RIG`: the rig that goes with a role.
    pub gt_rig: Option<String>,
    /// `GT_POLECAT`: the name that goes with the role `polecat`.
    pub gt_polecat: Option<String>,
    /// `GT_CREW`: the name that goes with the role `crew`.
    pub gt_crew: Option<String>,
    /// `BD_ACTOR`, or `BEADS_ACTOR`: the name somebody goes by in a ledger.
    pub actor: Option<String>,
    /// `USER`, or `LOGNAME`.
    pub user: Option<String>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `BEADS_DIR`: the folder of the ledger, whatever folder one is in.
    pub beads_dir: Option<PathBuf>,
}

impl Env {
    /// Takes them from wherever variables come from.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let one = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        Self {
            towline_role: one("TOWLINE_ROLE"),
            gt_role: one("GT_ROLE"),
            gt_rig: one("GT_RIG"),
            gt_polecat: one("GT_POLECAT"),
            gt_crew: one("GT_CREW"),
            actor: one("BD_ACTOR").or_else(|| one("BEADS_ACTOR")),
            user: one("USER").or_else(|| one("LOGNAME")),
            home: one("HOME").map(PathBuf::from),
            beads_dir: one("BEADS_DIR").map(PathBuf::from),
        }
    }
}

/// Where somebody works, and who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder it was found from.
    pub folder: PathBuf,
    /// The town it lies in.
    pub town: Option<Town>,
    /// The rig: the identity's, else the one the folder lies in.
    pub rig: Option<String>,
    /// The part they play.
    pub role: Role,
    /// Who they are.
    pub identity: Identity,
    /// What doesn't fit, in words, each a line.
    pub warnings: Vec<String>,
}

impl Place {
    /// Finds out, by the variables first and else by the folder, which is an absolute path. Never fails: what can't be read or
    /// doesn't fit is among the warnings.
    pub fn find(folder: &Path, env: &Env) -> Self {
        let mut warnings = Vec::new();
        let town = Town::root_of(folder).map(|root| {
            Town::read(&root).unwrap_or_else(|error| {
                warnings.push(error.to_string());
                let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Town { root, name }
            })
        });
        let claim = town.as_ref().map(|town| claim_of(town, folder)).unwrap_or_default();
        let resolve = |text: &str| match &town {
            Some(town) => town.resolve(text).ok(),
            None => Identity::parse(text).ok(),
        };
        let of_folder = claim.identity();
        let identity = match role::of_variables(env, &claim, resolve) {
            Told::Somebody { variable, identity } => {
                if let (Some(town), Some(other)) = (&town, &of_folder)
                    && *other != identity
                {
                    warnings.push(mismatch(town, variable, &identity, other));
                }
                identity
            }
            Told::Worker { .. } => person(env),
            Told::Nothing => of_folder.unwrap_or_else(|| actor(env)),
            Told::Useless { why } => {
                warnings.push(why);
                of_folder.unwrap_or_else(|| actor(env))
            }
        };
        Self {
            folder: folder.to_owned(),
            rig: identity.rig().map(str::to_owned).or(claim.rig),
            role: identity.role(),
            identity,
            town,
            warnings,
        }
    }

    /// The ledger for this place, following redirects: `BEADS_DIR`, else the nearest one.
    ///
    /// # Errors
    ///
    /// Where a redirect leads nowhere.
    pub fn ledger(&self, env: &Env) -> Result<Option<PathBuf>, RouteError> {
        let root = self.town.as_ref().map(|town| town.root.as_path());
        let found = match &env.beads_dir {
            Some(folder) => Some(self.folder.join(folder)),
            None => routes::find_beads(&self.folder, root, env.home.as_deref()),
        };
        found.map(|folder| routes::follow(&folder)).transpose()
    }
}

/// What a folder of a town says about whoever works in it.
fn claim_of(town: &Town, folder: &Path) -> Claim {
    let below = folder.strip_prefix(&town.root).unwrap_or(Path::new(""));
    let parts: Vec<String> =
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    role::of_folder(&parts, |rig| town.rig(rig).is_ok())
}

/// Somebody outside of any role: the name they go by in a ledger, which may be an identity, else the user's.
fn actor(env: &Env) -> Identity {
    let named = env.actor.as_deref().and_then(|actor| Identity::parse(actor).ok());
    named.unwrap_or_else(|| person(env))
}

/// A person: the name they go by in a ledger, else the user's.
fn person(env: &Env) -> Identity {
    let names = [env.actor.as_deref(), env.user.as_deref(), Some("user")];
    let person = names.into_iter().flatten().find_map(|name| Identity::person(name).ok());
    person.expect("`user` is a person's name")
}

fn mismatch(town: &Town, variable: &str, identity: &Identity, folder: &Identity) -> String {
    let way = match town.worktree_of(identity) {
        Some(own) => format!("; cd {} or unset {variable}", quoted(&own)),
        None => format!("; unset {variable}"),
    };
    format!("{variable} says {identity}, but this folder is that of {folder}{way}")
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.+@:".contains(c));
    if plain { path.into_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests;
