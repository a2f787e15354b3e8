use std::fs;

use super::*;

/// A town with two rigs, and what else lies about.
fn town() -> (tempfile::TempDir, Town) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    for (path, text) in [
        ("mayor/town.json", r#"{"type":"town","version":9,"name":"Home Town","later":{}}"#),
        ("mayor/config.json", r#"{"type":"mayor-config","version":1}"#),
        (
            "mayor/rigs.json",
            r#"{"version":1,"rigs":{"gastown":{"git_url":"https://example.com/g.git","beads":{"repo":"","prefix":"gt-"}},
               "listed":{"git_url":"/src/listed","later":1},"gone":{"git_url":"x"}}}"#,
        ),
        ("settings/config.json", r#"{"type":"town-settings"}"#),
        (
            "gastown/config.json",
            r#"{"type":"rig","version":1,"name":"gastown","git_url":"","default_branch":"trunk","beads":{"prefix":""}}"#,
        ),
        ("gastown/polecats/Toast/.git", ""),
        ("gastown/polecats/Nux/gastown/.git", ""),
        ("gastown/polecats/.claude/settings.json", "{}"),
        ("gastown/polecats/note.txt", ""),
        ("gastown/crew/max/.git/HEAD", ""),
        ("gastown/crew/Toast/.git/HEAD", ""),
        ("gastown/witness/.keep", ""),
        ("listed/README", ""),
        ("plain/README", ""),
        ("untyped/config.json", r#"{"beads":{"prefix":"un"}}"#),
        (".hidden/config.json", "{}"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let town = Town::read(&root).unwrap();
    (folder, town)
}

fn env(role: &str) -> Env {
    Env { towline_role: Some(role.into()), user: Some("ada".into()), ..Env::default() }
}

#[test]
fn a_town_knows_its_rigs() {
    let (_folder, town) = town();
    assert_eq!(town.name, "Home Town");
    let found = town.rigs();
    let names: Vec<&str> = found.rigs.iter().map(|rig| rig.name.as_str()).collect();
    assert_eq!(names, ["gastown", "listed", "untyped"]);
    let gone = TownError::NoFolder { rig: "gone".into(), folder: town.root.join("gone") };
    assert_eq!(found.problems, std::slice::from_ref(&gone));

    let rig = town.rig("gastown").unwrap();
    assert_eq!(
        rig,
        Rig {
            name: "gastown".into(),
            folder: town.root.join("gastown"),
            prefix: Some("gt".into()),
            url: Some("https://example.com/g.git".into()),
            local_repo: None,
            default_branch: Some("trunk".into()),
        }
    );
    assert_eq!(town.rig("untyped").unwrap().prefix.as_deref(), Some("un"));
    assert_eq!(town.rig("gone"), Err(gone));
    for (name, meant) in [
        ("gastwon", Some("gastown")),
        ("plain", None),
        ("settings", None),
        ("../home", None),
        ("", None),
    ] {
        let error = town.rig(name).unwrap_err();
        let expected = TownError::NoRig {
            town: "Home Town".into(),
            rig: name.into(),
            meant: meant.map(str::to_owned),
        };
        assert_eq!(error, expected, "{name}");
    }
    assert_eq!(
        town.rig("gastwon").unwrap_err().to_string(),
        "the town Home Town has no rig gastwon; did you mean gastown?"
    );
    assert_eq!(town.polecats("gastown"), ["Nux", "Toast"]);
    assert_eq!(town.crew("gastown"), ["Toast", "max"]);
    assert_eq!(town.crew("listed"), [""; 0]);
}

#[test]
fn broken_files_are_told() {
    let (_folder, town) = town();
    fs::write(town.root.join("mayor/rigs.json"), "{").unwrap();
    fs::write(town.root.join("untyped/config.json"), "[1").unwrap();
    let found = town.rigs();
    assert_eq!(found.rigs.len(), 1, "{found:?}");
    assert_eq!(found.problems.len(), 2, "{found:?}");
    fs::write(town.root.join("mayor/town.json"), "nonsense").unwrap();
    let error = Town::read(&town.root).unwrap_err().to_string();
    assert!(error.contains("mayor/town.json: expected"), "{error}");
    // A place is found all the same.
    let place = Place::find(&town.root.join("gastown/crew/max"), &Env::default());
    assert_eq!(place.identity.to_string(), "gastown/crew/max");
    assert_eq!(place.town.unwrap().name, "home");
    assert_eq!(place.warnings.len(), 1);
}

#[test]
fn everybody_has_a_folder() {
    let (_folder, town) = town();
    for (identity, folder, worktree) in [
        ("mayor", "mayor", "mayor"),
        ("deacon", "deacon", "deacon"),
        ("gastown/witness", "gastown/witness", "gastown/witness"),
        ("gastown/refinery", "gastown/refinery/rig", "gastown/refinery/rig"),
        ("gastown/polecats/Toast", "gastown/polecats/Toast", "gastown/polecats/Toast"),
        ("gastown/polecats/Nux", "gastown/polecats/Nux", "gastown/polecats/Nux/gastown"),
        ("gastown/polecats/new", "gastown/polecats/new", "gastown/polecats/new"),
        ("gastown/crew/max", "gastown/crew/max", "gastown/crew/max"),
    ] {
        let identity = Identity::parse(identity).unwrap();
        assert_eq!(town.folder_of(&identity), Some(town.root.join(folder)));
        assert_eq!(town.worktree_of(&identity), Some(town.root.join(worktree)));
        // And is found there again.
        let place = Place::find(&town.root.join(worktree).join("deeper"), &Env::default());
        assert_eq!(place.identity, identity);
        assert_eq!(place.rig.as_deref(), identity.rig());
    }
    assert_eq!(town.folder_of(&Identity::person("ada").unwrap()), None);
}

#[test]
fn short_names_are_resolved() {
    let (_folder, town) = town();
    for (text, expected) in [
        ("gastown/max", "gastown/crew/max"),
        ("gastown/Toast", "gastown/polecats/Toast"),
        ("gastown/new", "gastown/polecats/new"),
        ("gastown/polecats/max", "gastown/polecats/max"),
        ("gastown/witness", "gastown/witness"),
        ("mayor/", "mayor"),
        ("ada", "ada"),
    ] {
        assert_eq!(town.resolve(text).unwrap().to_string(), expected, "{text}");
    }
    assert!(town.resolve("gastown/../x").is_err());
}

#[test]
fn a_place_is_found_by_folder_or_variable() {
    let (folder, town) = town();
    let user = Env { user: Some("ada".into()), ..Env::default() };
    let root = &town.root;
    let outside = folder.path().join("elsewhere");
    for (at, env, identity, rig) in [
        (root.clone(), &user, "mayor", None),
        (root.join("mayor/x"), &user, "mayor", None),
        (root.join("gastown"), &user, "ada", Some("gastown")),
        (root.join("gastown/mayor/rig"), &user, "mayor", None),
        (root.join("plain"), &user, "ada", None),
        (outside.clone(), &user, "ada", None),
        (outside.clone(), &Env::default(), "user", None),
        (outside.clone(), &Env { user: Some("mayor".into()), ..Env::default() }, "user", None),
        (outside.clone(), &Env { actor: Some("Ada L.".into()), ..user.clone() }, "Ada L.", None),
        (
            outside.clone(),
            &Env { actor: Some("r/crew/x".into()), ..user.clone() },
            "r/crew/x",
            Some("r"),
        ),
        // A worker on a machine without the town.
        (
            outside.clone(),
            &env("gastown/polecats/Toast"),
            "gastown/polecats/Toast",
            Some("gastown"),
        ),
        (root.join("gastown"), &env("gastown/max"), "gastown/crew/max", Some("gastown")),
        (root.join("gastown/crew/max"), &env("worker"), "ada", Some("gastown")),
    ] {
        let place = Place::find(&at, env);
        assert_eq!(place.identity.to_string(), identity, "{at:?} {env:?}");
        assert_eq!(place.role, place.identity.role());
        assert_eq!(place.rig.as_deref(), rig, "{at:?} {env:?}");
        assert_eq!(place.warnings, [""; 0], "{at:?} {env:?}");
        assert_eq!(place.town.is_some(), at != outside);
    }
}

#[test]
fn what_does_not_fit_is_warned_of() {
    let (_folder, town) = town();
    let max = town.root.join("gastown/crew/max");
    let place = Place::find(&max, &env("gastown/polecats/Nux"));
    assert_eq!(place.identity.to_string(), "gastown/polecats/Nux");
    assert_eq!(
        place.warnings,
        [format!(
            "TOWLINE_ROLE says gastown/polecats/Nux, but this folder is that of gastown/crew/max; \
             cd {} or unset TOWLINE_ROLE",
            town.root.join("gastown/polecats/Nux/gastown").display()
        )]
    );
    let place = Place::find(&max, &env("sheriff"));
    assert_eq!(place.identity.to_string(), "gastown/crew/max");
    assert_eq!(
        place.warnings,
        ["TOWLINE_ROLE is \"sheriff\", which is no role; it is passed over"]
    );
}

#[test]
fn a_town_in_a_worktree_of_another_is_not_the_place() {
    let (_folder, town) = town();
    for (inner, expected) in [
        ("gastown/crew/max", &town.root),
        ("gastown/polecats/Nux/gastown", &town.root),
        ("gastown/mayor/rig", &town.root),
        // But a town that was made in a folder of another is one.
        ("plain", &town.root.join("plain")),
    ] {
        let file = town.root.join(inner).join("mayor/town.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "{}").unwrap();
        let found = Town::root_of(&town.root.join(inner).join("src"));
        assert_eq!(found.as_ref(), Some(expected), "{inner}");
    }
    assert_eq!(Town::root_of(Path::new("/")), None);
}

#[test]
fn the_ledger_of_a_place_follows_redirects() {
    let (_folder, town) = town();
    let make = |path: &str, text: &str| {
        let path = town.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    make("gastown/.beads/redirect", "mayor/rig/.beads\n");
    make("gastown/mayor/rig/.beads/issues.jsonl", "");
    make("else/.beads/issues.jsonl", "");
    let place = Place::find(&town.root.join("gastown/crew/max/src"), &Env::default());
    assert_eq!(place.ledger(&Env::default()), Ok(Some(town.root.join("gastown/mayor/rig/.beads"))));
    let set = Env { beads_dir: Some(town.root.join("else/.beads")), ..Env::default() };
    assert_eq!(place.ledger(&set), Ok(Some(town.root.join("else/.beads"))));
    let root = Place::find(&town.root, &Env::default());
    assert_eq!(root.ledger(&Env::default()), Ok(None));
}

#[test]
fn variables_are_taken_from_anywhere() {
    let env = Env::from_variables(|name| match name {
        "GT_ROLE" => Some("mayor".into()),
        "TOWLINE_ROLE" => Some(" ".into()),
        "BEADS_ACTOR" | "LOGNAME" => Some("ada".into()),
        "HOME" => Some("/home/ada".into()),
        _ => None,
    });
    let expected = Env {
        gt_role: Some("mayor".into()),
        actor: Some("ada".into()),
        user: Some("ada".into()),
        home: Some("/home/ada".into()),
        ..Env::default()
    };
    assert_eq!(env, expected);
}
