//! `tow list` and `tow info`.

use towline_testkit::wait_until;

use crate::tow;

#[test]
fn an_empty_list_says_how_to_begin() {
    let tow = tow();
    let outcome = tow.run(&["list"]).expect_status(0);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("tow spawn"), "{outcome:?}");
    let list = tow.json(&["list", "--json"]);
    assert_eq!(list["panes"], serde_json::json!([]));
    assert_eq!(list["hosts"][0]["host"], "local");
    assert_eq!(list["hosts"][0]["status"], "online");
    assert_eq!(list["hosts"][0]["id"].as_str().unwrap().len(), 36);
    assert!(list["hosts"][0]["rtt_ms"].as_f64().unwrap() < 10_000.0);
}

#[test]
fn a_pipe_gets_the_whole_width_and_no_colours() {
    let tow = tow();
    let folder = tow.work().join("a-folder-with-a-long-name-".repeat(4));
    std::fs::create_dir(&folder).unwrap();
    tow.ok(&["spawn", folder.to_str().unwrap(), "--name", "x", "--detach", "--", "sleep", "1000"]);
    let text = tow.ok(&["ls"]);
    let lines: Vec<&str> = text.lines().collect();
    let header: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(header, ["TARGET", "STATE", "IDLE", "AGE", "CPU", "MEM", "CWD"]);
    assert!(lines[1].starts_with("x  ") && lines[1].contains("running"), "{text}");
    assert!(lines[1].ends_with(folder.file_name().unwrap().to_str().unwrap()), "{text}");
    assert!(!text.contains('\x1b'));
    assert!(tow.ok(&["list", "--color", "always"]).contains("\x1b["));
    // Without a verb it is the list.
    assert_eq!(tow.ok::<&str>(&[]).lines().next(), Some(lines[0]));
}

#[test]
fn json_has_the_names_of_the_contract() {
    let tow = tow();
    tow.spawn("x", "printf '\\033]2;the title\\007'; exec sleep 1000");
    wait_until("the title is there", || (tow.pane("x")["title"] == "the title").then_some(()));
    let list = tow.json(&["list", "--json"]);
    let pane = list["panes"][0].as_object().unwrap();
    let mut names: Vec<&str> = pane.keys().map(String::as_str).collect();
    names.sort_unstable();
    let mut expected = vec![
        "host",
        "session",
        "window",
        "pane",
        "id",
        "name",
        "target",
        "command",
        "cwd",
        "pid",
        "created_at",
        "last_activity_at",
        "cols",
        "rows",
        "attached",
        "title",
        "cpu_percent",
        "memory_bytes",
        "exit",
        "agent",
        "queued",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    for time in ["created_at", "last_activity_at"] {
        let text = pane[time].as_str().unwrap();
        assert!(text.starts_with("20") && text.ends_with('Z'), "{time}: {text}");
    }
    assert_eq!(pane["exit"], serde_json::Value::Null);
    assert_eq!(pane["attached"], 0);
}

#[test]
fn ended_panes_are_listed_apart() {
    let tow = tow();
    tow.spawn("gone", "exit 3");
    tow.spawn("shot", "kill -9 $$");
    tow.spawn("alive", "exec sleep 1000");
    for name in ["gone", "shot"] {
        tow.ok(&["wait", name, "--exit"]);
    }
    let names = |arguments: &[&str]| -> Vec<String> {
        let list = tow.json(arguments);
        let panes = list["panes"].as_array().unwrap();
        panes.iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["list", "--json"]), ["alive"]);
    assert_eq!(names(&["list", "--json", "--ended"]).len(), 3);
    let text = tow.ok(&["list", "--ended"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("alive"), "{text}");
    assert!(text.contains("ended (3)") && text.contains("ended (SIGKILL)"), "{text}");
    assert_eq!(tow.pane("gone")["exit"]["status"], 3);
    assert_eq!(tow.pane("shot")["exit"]["signal"], 9);
    // The name of an ended pane is free.
    assert_eq!(tow.spawn("gone", "exec sleep 1000"), "gone");
}

#[test]
fn a_watched_list_shows_each_change() {
    let tow = tow();
    let mut watch = tow.start(&["list", "--watch", "--json"]);
    let names = |line: String| -> Vec<String> {
        let list: serde_json::Value = serde_json::from_str(&line).unwrap();
        let panes = list["panes"].as_array().unwrap();
        panes.iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(watch.line()).is_empty());
    tow.spawn("x", "exec sleep 1000");
    while names(watch.line()) != ["x"] {}
    tow.kill_server();
    tow.spawn("y", "exec sleep 1000");
    while names(watch.line()).len() != 2 {}
    watch.interrupt();
    watch.finish();
}

#[test]
fn info_tells_what_is_known() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    let text = tow.ok(&["info", "x"]);
    for expected in
        ["target       x", "state        running", "command      sh -c 'exec sleep 1000'"]
    {
        assert!(text.contains(expected), "`{expected}` in {text}");
    }
    let told = tow.run(&["info", "y"]).expect_error(3, "no pane `y`");
    assert!(told.stderr.contains("hint: "), "{told:?}");
    tow.run(&["info", "thor:x"]).expect_error(3, "thor");
}

#[test]
fn targets_are_names_beginnings_places_and_ids() {
    let tow = tow();
    for name in ["app-one", "app-two", "notes"] {
        tow.spawn(name, "exec sleep 1000");
    }
    let notes = tow.pane("notes");
    let id = notes["id"].as_str().unwrap();
    let place = format!("agents:{}.{}", notes["window"], notes["pane"]);
    for target in ["notes", "no", "=notes", "local:notes", id, &place, "agents:notes"] {
        assert_eq!(tow.pane(target)["name"], "notes", "{target}");
    }
    tow.run(&["info", "app"]).expect_error(4, "app-one, app-two");
    // Verbs that change something take no beginnings.
    tow.run(&["send", "no", "x"]).expect_error(3, "no pane `no`");
    tow.run(&["kill", "no"]).expect_error(3, "no pane `no`");
}

#[test]
fn a_pane_can_be_renamed_and_ended_ones_cleaned() {
    let tow = tow();
    tow.spawn("x", "exec sleep 1000");
    tow.spawn("z", "exit 0");
    assert_eq!(tow.ok(&["rename", "x", "y"]), "renamed x → y\n");
    assert_eq!(tow.pane("y")["name"], "y");
    tow.run(&["rename", "y", "a\tb"]).expect_error(2, "control characters");
    tow.ok(&["wait", "z", "--exit"]);
    assert!(tow.ok(&["clean"]).starts_with("removed z\n1 pane, "));
    assert_eq!(tow.ok(&["clean"]), "nothing to remove\n");
    assert_eq!(tow.panes().len(), 1);
}

#[test]
fn a_line_end_in_a_folder_is_shown() {
    let tow = tow();
    let folder = tow.work().join("a\nb");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    tow.ok(&["spawn", folder, "--name", "x", "--detach", "--", "sleep", "1000"]);
    assert!(tow.ok(&["list"]).ends_with("/a\\nb\n"));
    assert!(tow.ok(&["info", "x"]).contains("/a\\nb\n"));
}
