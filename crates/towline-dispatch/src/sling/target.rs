//! Whom somebody means to give work to.

use towline_ledger::place::{Place, Town};
use towline_ledger::{Identity, Role};

use crate::DispatchError;

/// To whom work goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Somebody in particular, perhaps oneself.
    Somebody(Identity),
    /// Whoever of a rig's polecats is free, or a new one.
    Rig(String),
}

/// Reads a target: nothing or `.` for oneself; `mayor`, `deacon`, `witness`, `refinery`, `crew` and the beginnings that Gas Town
/// takes for them; a rig; an identity in any form; the name of a worker.
///
/// # Errors
/// Where nobody is called so.
pub fn read(text: Option<&str>, place: &Place) -> Result<Target, DispatchError> {
    let text = text.map(str::trim).unwrap_or_default();
    let own_rig = || {
        place.rig.as_deref().ok_or_else(|| {
            DispatchError::usage(format!("which rig's {text} is meant isn't known here"))
                .hint(format!("RIG/{text}"))
        })
    };
    match text.to_ascii_lowercase().as_str() {
        "" | "." => return Ok(Target::Somebody(place.identity.clone())),
        "mayor" | "may" | "mayor/" => {
            return in_town(place).map(|_| Target::Somebody(Identity::mayor()));
        }
        "deacon" | "dea" | "deacon/" => {
            return in_town(place).map(|_| Target::Somebody(Identity::deacon()));
        }
        "witness" | "wit" => return Ok(Target::Somebody(Identity::witness(own_rig()?)?)),
        "refinery" | "ref" => return Ok(Target::Somebody(Identity::refinery(own_rig()?)?)),
        "crew" if place.role == Role::Crew => return Ok(Target::Somebody(place.identity.clone())),
        "crew" => {
            return Err(DispatchError::usage("crew needs a name").hint("RIG/crew/NAME"));
        }
        _ => {}
    }
    let Some(town) = &place.town else {
        // Outside of a town there are persons.
        return match Identity::parse(text) {
            Ok(identity) if identity.role() == Role::Worker => Ok(Target::Somebody(identity)),
            Ok(_) => in_town(place).map(|_| Target::Rig(text.to_owned())),
            Err(error) => Err(error.into()),
        };
    };
    let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
    match parts.as_slice() {
        [rig, "polecats" | "polecat"] => Ok(Target::Rig(town.rig(rig)?.name)),
        [rig, "crew"] => {
            Err(DispatchError::usage("a crew path requires a name")
                .hint(format!("{rig}/crew/NAME")))
        }
        [word] => of_word(town, place, word),
        [rig, ..] => {
            let identity = town.resolve(text)?;
            town.rig(rig)?;
            Ok(Target::Somebody(identity))
        }
        [] => Err(DispatchError::usage("the target is empty")),
    }
}

/// A single word: a rig, a worker of one's own rig, or the only worker of that name in the town.
fn of_word(town: &Town, place: &Place, word: &str) -> Result<Target, DispatchError> {
    let no_rig = match town.rig(word) {
        Ok(rig) => return Ok(Target::Rig(rig.name)),
        Err(error) => error,
    };
    let workers = |rig: &str| {
        let is_one = |name: &String| name == word;
        let polecat =
            town.polecats(rig).iter().any(is_one).then(|| Identity::polecat(rig, word).ok());
        let crew = town.crew(rig).iter().any(is_one).then(|| Identity::crew(rig, word).ok());
        polecat.into_iter().chain(crew).flatten().collect::<Vec<_>>()
    };
    if let Some(rig) = &place.rig
        && let [only] = workers(rig).as_slice()
    {
        return Ok(Target::Somebody(only.clone()));
    }
    let all: Vec<Identity> = town.rigs().rigs.iter().flat_map(|rig| workers(&rig.name)).collect();
    match all.as_slice() {
        [] => {
            Err(DispatchError::from(no_rig)
                .hint("RIG/polecats/NAME is a worker, RIG any worker of it"))
        }
        [only] => Ok(Target::Somebody(only.clone())),
        several => {
            let names = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(DispatchError::usage(format!("{word} could be {names}")))
        }
    }
}

fn in_town(place: &Place) -> Result<&Town, DispatchError> {
    place.town.as_ref().ok_or_else(|| {
        DispatchError::refused(format!("{} is in no town", place.folder.display()))
            .hint("tow town init DIR    makes one")
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use towline_ledger::place::Env;

    use super::*;

    #[test]
    fn targets_are_read_in_all_their_forms() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("town");
        for part in [
            "mayor",
            "demo/polecats/Toast",
            "demo/crew/max",
            "other/polecats/Nux",
            "other/polecats/Toast",
        ] {
            fs::create_dir_all(root.join(part)).unwrap();
        }
        fs::write(root.join("mayor/town.json"), "{}").unwrap();
        for rig in ["demo", "other"] {
            fs::write(root.join(rig).join("config.json"), r#"{"type":"rig"}"#).unwrap();
        }
        let read_in = |below: &str, text: &str| {
            let place = Place::find(&root.join(below), &Env::default());
            match read(Some(text).filter(|text| *text != "-"), &place) {
                Ok(Target::Somebody(identity)) => identity.to_string(),
                Ok(Target::Rig(rig)) => format!("rig {rig}"),
                Err(error) => format!("! {error}"),
            }
        };
        for (below, text, expected) in [
            ("", "-", "mayor"),
            ("demo/polecats/Toast", ".", "demo/polecats/Toast"),
            ("", "may", "mayor"),
            ("", "Deacon", "deacon"),
            ("demo", "wit", "demo/witness"),
            ("demo/crew/max", "ref", "demo/refinery"),
            ("demo/crew/max", "crew", "demo/crew/max"),
            ("", "demo", "rig demo"),
            ("", "demo/", "rig demo"),
            ("", "demo/polecats", "rig demo"),
            ("", "demo/polecats/Toast", "demo/polecats/Toast"),
            ("", "demo/New", "demo/polecats/New"),
            ("", "demo/max", "demo/crew/max"),
            ("", "demo/witness", "demo/witness"),
            ("", "max", "demo/crew/max"),
            ("", "Nux", "other/polecats/Nux"),
            ("demo", "Toast", "demo/polecats/Toast"),
            ("", "Toast", "! Toast could be demo/polecats/Toast, other/polecats/Toast"),
            ("", "crew", "! crew needs a name"),
            ("", "demo/crew", "! a crew path requires a name"),
        ] {
            assert_eq!(read_in(below, text), expected, "{text} in {below:?}");
        }
        for (below, text) in
            [("", "wit"), ("", "none"), ("", "none/Toast"), ("", "demo/../x"), ("", "a/b/c/d")]
        {
            assert!(read_in(below, text).starts_with("! "), "{text}");
        }
        let nowhere =
            Place::find(Path::new("/none"), &Env { user: Some("me".into()), ..Env::default() });
        assert_eq!(
            read(None, &nowhere).unwrap(),
            Target::Somebody(Identity::person("me").unwrap())
        );
        assert_eq!(
            read(Some("ann"), &nowhere).unwrap(),
            Target::Somebody(Identity::person("ann").unwrap())
        );
        assert!(read(Some("mayor"), &nowhere).is_err());
        assert!(read(Some("demo/Toast"), &nowhere).is_err());
    }
}
