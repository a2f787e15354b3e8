use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Makes files below a folder: a path and a text each; one that ends in `/` is a folder.
fn make(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path_there = root.join(path);
        if path.ends_with('/') {
            fs::create_dir_all(&path_there).unwrap();
        } else {
            fs::create_dir_all(path_there.parent().unwrap()).unwrap();
            fs::write(&path_there, text).unwrap();
        }
    }
}

#[test]
fn dots_are_taken_out() {
    for (path, expected) in [
        ("/a/./b/../c", "/a/c"),
        ("/a/../../b", "/b"),
        ("a/../../b", "../b"),
        ("../../a", "../../a"),
        ("/", "/"),
        ("./a/", "a"),
    ] {
        assert_eq!(without_dots(Path::new(path)), PathBuf::from(expected), "{path}");
    }
}

#[test]
fn the_nearest_ledger_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    make(
        root,
        &[
            // A person's home, with formulas and nothing else.
            ("home/.beads/formulas/x.formula.toml", ""),
            ("home/plain/deep/", ""),
            // A repository with a ledger, a worktree of it, and a folder of its own in another.
            ("home/repo/.git/worktrees/w/HEAD", ""),
            ("home/repo/.beads/issues.jsonl", ""),
            ("home/repo/src/", ""),
            ("home/repo/sub/.beads/", ""),
            ("home/w/.git", "gitdir: ../repo/.git/worktrees/w\n"),
            ("home/w/.beads/issues.jsonl", ""),
            ("home/w/src/", ""),
            ("home/own/.git", "gitdir: ../repo/.git/worktrees/own\n"),
            ("home/own/.beads/redirect", "x"),
            // A repository without one, in a folder with one.
            ("work/.beads/config.yaml", ""),
            ("work/repo/.git/HEAD", ""),
            ("work/repo/src/", ""),
            ("work/notes/", ""),
            // Made by hand, and empty.
            ("new/.beads/", ""),
            ("new/src/", ""),
            // A town.
            ("town/mayor/town.json", "{}"),
            ("town/.beads/routes.jsonl", ""),
            ("town/rig/.beads/redirect", "x"),
            ("town/rig/crew/max/.git/HEAD", ""),
            ("town/rig/crew/max/src/", ""),
            // A clone that git has put a copy of the ledger into, and a worktree whose rig has it in a clone.
            ("town/rig/crew/ada/.git/HEAD", ""),
            ("town/rig/crew/ada/.beads/issues.jsonl", ""),
            ("town/rig/crew/own/.git/HEAD", ""),
            ("town/rig/crew/own/.beads/redirect", "x"),
            ("town/other/mayor/rig/.git/HEAD", ""),
            ("town/other/mayor/rig/.beads/issues.jsonl", ""),
            ("town/other/polecats/nux/other/.git", "gitdir: /nowhere\n"),
            ("town/other/polecats/nux/other/.beads/issues.jsonl", ""),
            ("town/deacon/", ""),
        ],
    );
    let town = root.join("town");
    for (from, in_town, expected) in [
        ("home/repo", false, Some("home/repo/.beads")),
        ("home/repo/src", false, Some("home/repo/.beads")),
        // Without anything of a ledger it is passed over for one that has.
        ("home/repo/sub", false, Some("home/repo/.beads")),
        ("home/w/src", false, Some("home/repo/.beads")),
        ("home/own", false, Some("home/own/.beads")),
        ("home/plain/deep", false, None),
        ("home", false, None),
        ("work/repo/src", false, None),
        ("work/notes", false, Some("work/.beads")),
        ("new/src", false, Some("new/.beads")),
        ("town/rig/crew/max/src", true, Some("town/rig/.beads")),
        ("town/rig/crew/max/src", false, None),
        ("town/rig/crew/ada", true, Some("town/rig/.beads")),
        ("town/rig/crew/own", true, Some("town/rig/crew/own/.beads")),
        ("town/other/polecats/nux/other", true, Some("town/other/mayor/rig/.beads")),
        ("town/other/mayor/rig", true, Some("town/other/mayor/rig/.beads")),
        ("town/deacon", true, Some("town/.beads")),
    ] {
        let found = find_beads(
            &root.join(from),
            in_town.then_some(town.as_path()),
            Some(&root.join("home")),
        );
        assert_eq!(found, expected.map(|path| root.join(path)), "{from}");
    }
}

#[test]
fn redirects_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let absolute = format!("{}/end/.beads\n", root.display());
    make(
        root,
        &[
            ("end/.beads/issues.jsonl", ""),
            ("one/.beads/redirect", "../end/.beads\n"),
            ("two/.beads/redirect", "\n# to the first\n  ../one/.beads  \n"),
            ("three/.beads/redirect", "../two/./.beads"),
            ("four/.beads/redirect", "../three/.beads"),
            ("absolute/.beads/redirect", &absolute),
            // As seen from `.beads` itself.
            ("inside/.beads/redirect", "../../end/.beads"),
            ("empty/.beads/redirect", "\n \n# nothing\n"),
            ("self/.beads/redirect", ".beads"),
            ("ring-a/.beads/redirect", "../ring-b/.beads"),
            ("ring-b/.beads/redirect", "../ring-a/.beads"),
            ("broken/.beads/redirect", "../nowhere/.beads"),
            ("file/.beads/redirect", "../end/.beads/issues.jsonl"),
            ("folder/.beads/redirect/", ""),
        ],
    );
    let beads = |name: &str| root.join(name).join(BEADS);
    let redirect = |name: &str| beads(name).join(REDIRECT);
    for (from, to) in [
        ("end", "end"),
        ("one", "end"),
        ("two", "end"),
        ("three", "end"),
        ("absolute", "end"),
        ("inside", "end"),
        ("empty", "empty"),
    ] {
        assert_eq!(follow(&beads(from)), Ok(beads(to)), "{from}");
    }
    assert_eq!(follow(&beads("nowhere")), Ok(beads("nowhere")));
    for (from, error) in [
        ("four", RouteError::TooManyHops { file: redirect("one") }),
        ("self", RouteError::Loop { file: redirect("self"), target: beads("self") }),
        ("ring-a", RouteError::Loop { file: redirect("ring-b"), target: beads("ring-a") }),
        (
            "broken",
            RouteError::BrokenRedirect { file: redirect("broken"), target: beads("nowhere") },
        ),
        (
            "file",
            RouteError::BrokenRedirect {
                file: redirect("file"),
                target: beads("end").join("issues.jsonl"),
            },
        ),
    ] {
        assert_eq!(follow(&beads(from)), Err(error), "{from}");
    }
    let error = follow(&beads("folder")).unwrap_err();
    assert!(matches!(error, RouteError::File { .. }), "{error}");
    assert!(!error.to_string().contains("os error"), "{error}");
}

#[test]
fn redirects_are_written_as_they_are_read() {
    for (from, to, text) in [
        ("/t/rig/crew/max", "/t/rig/.beads", "../../.beads\n"),
        ("/t/rig/polecats/a", "/t/rig/mayor/rig/.beads", "../../mayor/rig/.beads\n"),
        ("/t/rig", "/t/rig/mayor/rig/.beads", "mayor/rig/.beads\n"),
    ] {
        assert_eq!(redirect_text(Path::new(from), Path::new(to)), text);
    }
}

#[test]
fn routes_lead_to_ledgers() {
    let folder = tempfile::tempdir().unwrap();
    let town = folder.path().join("town");
    make(
        &town,
        &[
            (
                ".beads/routes.jsonl",
                "# the town's own\n{\"prefix\":\"hq-\",\"path\":\".\"}\n\n\
                 {\"prefix\":\"gt-\",\"path\":\"gastown/mayor/rig\"}\n\
                 {\"prefix\":\"gt-x-\",\"path\":\"other\",\"later\":1}\n\
                 {\"prefix\":\"up-\",\"path\":\"../elsewhere\"}\n\
                 {\"prefix\":\"abs-\",\"path\":\"/etc\"}\n\
                 {\"prefix\":\"no-\",\"path\":\"nowhere\"}\n\
                 {\"prefix\":\"bare\",\"path\":\"./other/\"}\n",
            ),
            ("gastown/mayor/rig/.beads/redirect", "../../.beads"),
            ("gastown/.beads/issues.jsonl", ""),
            ("other/.beads/issues.jsonl", ""),
        ],
    );
    let routes = Routes::read(&town).unwrap();
    assert_eq!(routes.problems(), []);
    for (id, expected) in [
        ("hq-abc", Some(".beads")),
        ("gt-abc", Some("gastown/.beads")),
        ("gt-abc.1", Some("gastown/.beads")),
        ("gt-x-1", Some("other/.beads")),
        ("bare-1", Some("other/.beads")),
        ("gt-", None),
        ("bd-1", None),
        ("gt", None),
        ("", None),
    ] {
        assert_eq!(routes.ledger_of(id), Ok(expected.map(|path| town.join(path))), "{id}");
    }
    let told = |id: &str| {
        let text = routes.ledger_of(id).unwrap_err().to_string();
        text.replace(&town.display().to_string(), "TOWN")
    };
    assert_eq!(
        told("up-1"),
        "TOWN/.beads/routes.jsonl, line 6: the route for up- leads out of the town: ../elsewhere"
    );
    assert_eq!(
        told("abs-1"),
        "TOWN/.beads/routes.jsonl, line 7: the route for abs- leads out of the town: /etc"
    );
    assert_eq!(
        told("no-1"),
        "TOWN/.beads/routes.jsonl, line 8: the route for no- leads to TOWN/nowhere/.beads, which isn't there"
    );
    assert_eq!(routes.of_rig("gastown").unwrap().prefix, "gt-");
    assert_eq!(routes.of_rig("other").unwrap().prefix, "gt-x-");
    assert_eq!(routes.route("hq-1").unwrap().rig(), None);
}

#[test]
fn broken_lines_are_told() {
    let text = "{\"prefix\":\"a-\",\"path\":\"a\"}\nnonsense\n{\"prefix\":\"b-\"}\n{\"prefix\":\"\",\"path\":\"c\"}\n\
        {\"prefix\":\"c-\",\"path\":\" \"}\n[]\n{\"prefix\":\"a-\",\"path\":\"other\"}\n{\"prefix\":\"d-\",\"path\":\"d\"}";
    let routes = Routes::parse(Path::new("/t"), text);
    assert_eq!(routes.all().len(), 2);
    let told: Vec<String> = routes.problems().iter().map(ToString::to_string).collect();
    let lines = [2, 3, 4, 5, 6, 7];
    assert_eq!(told.len(), lines.len(), "{told:#?}");
    for (told, line) in told.iter().zip(lines) {
        let start = format!("/t/.beads/routes.jsonl, line {line}: ");
        assert!(told.starts_with(&start) && !told.contains(" at line "), "{told}");
    }
}

#[test]
fn a_town_without_routes_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let routes = Routes::read(folder.path()).unwrap();
    assert_eq!((routes.all(), routes.problems()), (&[][..], &[][..]));
    assert_eq!(routes.ledger_of("gt-1"), Ok(None));
}

#[test]
fn routes_are_added_and_removed() {
    let town = r#"{"prefix":"hq-","path":"."}"#;
    let gt = r#"{"prefix":"gt-","path":"gastown"}"#;
    for (text, expected) in [
        ("".to_owned(), format!("{gt}\n")),
        (format!("{town}\n"), format!("{town}\n{gt}\n")),
        (town.to_owned(), format!("{town}\n{gt}\n")),
        (
            format!(
                "# x\n{{\"prefix\":\"gt-\",\"path\":\"old\"}}\nbroken\n{town}\n{{\"prefix\":\"gt\",\"path\":\"older\"}}\n"
            ),
            format!("# x\n{gt}\nbroken\n{town}\n"),
        ),
    ] {
        let with = routes_with(&text, "gt", "gastown");
        assert_eq!(with, expected);
        assert_eq!(routes_with(&with, "gt-", "gastown"), with);
        assert!(!routes_without(&with, "gastown").contains("gastown"));
        assert_eq!(routes_without(&with, "other"), with);
    }
}
