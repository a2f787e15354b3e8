//! Whom an address means: one, or all of a kind.

use super::OVERSEER;
use crate::identity::{Identity, IdentityError, Role};
use crate::place::{Town, TownError};
use crate::words::{did_you_mean, nearest};

/// Somebody who is to get a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Who.
    pub who: Identity,
    /// The short name is also somebody else's: the whole one is to be written.
    pub exact: bool,
    /// What is odd about it, in words: nobody of that name is known here.
    pub doubt: Option<String>,
}

/// Why an address means nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is no identity.
    #[error("{0}")]
    Identity(#[from] IdentityError),
    /// There is no such rig.
    #[error("{0}")]
    Town(#[from] TownError),
    /// A group that isn't known.
    #[error("{text} is no group{}", did_you_mean(meant.as_deref()))]
    Group {
        /// The address.
        text: String,
        /// The group that was probably meant.
        meant: Option<String>,
    },
    /// Groups are a town's.
    #[error("{0} is a group of a town, and this is none")]
    NoTown(String),
    /// A group without members.
    #[error("{0} is nobody at present")]
    Nobody(String),
}

/// The groups, as they are written; `R` is a rig.
pub const GROUPS: [&str; 9] = [
    "@town",
    "@witnesses",
    "@refineries",
    "@polecats",
    "@crew",
    "@rig/R",
    "@polecats/R",
    "@crew/R",
    "@overseer",
];

/// Whom an address means. `RIG/` and `@rig/RIG` are all of a rig, `@town` all of the town, `@witnesses`, `@refineries`,
/// `@polecats`, `@crew` all of these, of one rig with `/RIG` behind it; `@overseer` is the person.
///
/// # Errors
/// Where that is nobody.
pub fn addresses(town: Option<&Town>, text: &str) -> Result<Vec<Address>, AddressError> {
    let text = text.trim();
    if let Some(group) = text.strip_prefix('@') {
        return group_of(town, text, group);
    }
    // `mayor/` is the older form of one that isn't a rig's.
    if let Some(rig) = text
        .strip_suffix('/')
        .filter(|rig| Identity::parse(rig).is_ok_and(|who| who.role() == Role::Worker))
    {
        return group_of(town, text, &format!("rig/{rig}"));
    }
    one(town, text).map(|address| vec![address])
}

fn one(town: Option<&Town>, text: &str) -> Result<Address, AddressError> {
    let Some(town) = town else {
        return Ok(Address { who: Identity::parse(text)?, exact: false, doubt: None });
    };
    let who = town.resolve(text)?;
    let (Some(rig), role) = (who.rig(), who.role()) else {
        let doubt = doubt_of_person(town, &who);
        return Ok(Address { who, exact: false, doubt });
    };
    let rig = town.rig(rig)?;
    let name = who.name().unwrap_or_default();
    let (polecats, crew) = (town.polecats(&rig.name), town.crew(&rig.name));
    let (polecat, member) =
        (polecats.iter().any(|one| one == name), crew.iter().any(|one| one == name));
    let known = match role {
        Role::Polecat => polecat,
        Role::Crew => member,
        _ => true,
    };
    let doubt = (!known).then(|| {
        let meant = nearest(name, polecats.iter().chain(&crew).map(String::as_str));
        format!("{} has no worker {name} at present{}", rig.name, did_you_mean(meant))
    });
    Ok(Address { who, exact: polecat && member, doubt })
}

/// A single word that is no role is a person's name, and perhaps a slip.
fn doubt_of_person(town: &Town, who: &Identity) -> Option<String> {
    let name = who.name().filter(|name| *name != OVERSEER)?;
    let rigs = town.rigs().rigs;
    let known =
        ["mayor", "deacon", OVERSEER].into_iter().chain(rigs.iter().map(|rig| rig.name.as_str()));
    let meant = nearest(name, known)?;
    Some(match meant == name {
        true => format!("{name} is a rig: {name}/ would be all of it"),
        false => format!("{name} is taken for a person{}", did_you_mean(Some(meant))),
    })
}

fn group_of(town: Option<&Town>, text: &str, group: &str) -> Result<Vec<Address>, AddressError> {
    if group == OVERSEER || group == "human" {
        let who = Identity::person(OVERSEER)?;
        return Ok(vec![Address { who, exact: false, doubt: None }]);
    }
    let (kind, rig) = match group.split_once('/') {
        Some((kind, rig)) => (kind, Some(rig.trim_end_matches('/'))),
        None => (group, None),
    };
    let unknown = || AddressError::Group {
        text: text.to_owned(),
        meant: nearest(text, GROUPS).map(str::to_owned),
    };
    let kinds: &[Role] = match (kind, rig.is_some()) {
        ("town", false) | ("rig", true) => {
            &[Role::Witness, Role::Refinery, Role::Crew, Role::Polecat]
        }
        ("witnesses" | "witness", _) => &[Role::Witness],
        ("refineries" | "refinery", _) => &[Role::Refinery],
        ("polecats", _) => &[Role::Polecat],
        ("crew", _) => &[Role::Crew],
        _ => return Err(unknown()),
    };
    let town = town.ok_or_else(|| AddressError::NoTown(text.to_owned()))?;
    let rigs = match rig {
        Some(rig) => vec![town.rig(rig)?.name],
        None => town.rigs().rigs.into_iter().map(|rig| rig.name).collect(),
    };
    let mut found: Vec<Address> = Vec::new();
    let mut add = |who: Result<Identity, IdentityError>, exact| {
        // A folder that nobody can be called after is nobody's.
        if let Ok(who) = who {
            found.push(Address { who, exact, doubt: None });
        }
    };
    if kind == "town" {
        add(Ok(Identity::mayor()), false);
        add(Ok(Identity::deacon()), false);
    }
    for rig in &rigs {
        let (polecats, crew) = (town.polecats(rig), town.crew(rig));
        for role in kinds {
            match role {
                Role::Witness => add(Identity::witness(rig), false),
                Role::Refinery => add(Identity::refinery(rig), false),
                Role::Crew => {
                    crew.iter()
                        .for_each(|name| add(Identity::crew(rig, name), polecats.contains(name)));
                }
                _ => polecats
                    .iter()
                    .for_each(|name| add(Identity::polecat(rig, name), crew.contains(name))),
            }
        }
    }
    if found.is_empty() { Err(AddressError::Nobody(text.to_owned())) } else { Ok(found) }
}
