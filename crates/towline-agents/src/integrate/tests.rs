use super::*;

const TOW: &str = "/opt/it's here/tow";
const WORK: Wanted = Wanted { work: true };

fn place() -> Place {
    Place { home: PathBuf::from("/home/me"), environment: Vec::new() }
}

/// The files after these edits.
fn after(files: &Files, edits: &[Edit]) -> Files {
    let mut files = files.clone();
    for edit in edits {
        assert_eq!(files.get(&edit.path), edit.before.as_ref());
        match &edit.after {
            Some(text) => drop(files.insert(edit.path.clone(), text.clone())),
            None => drop(files.remove(&edit.path)),
        }
    }
    files
}

fn put_into(kind: &str, files: &Files) -> Files {
    after(files, &put(kind, &place(), files, Path::new(TOW), WORK).unwrap())
}

/// Puts the hooks in and takes them out again: what is left is what was there.
fn there_and_back(kind: &str, files: &Files) -> Files {
    assert!(!is_there(kind, &place(), files).unwrap(), "{files:?}");
    let with = put_into(kind, files);
    assert!(is_there(kind, &place(), &with).unwrap());
    assert_eq!(put(kind, &place(), &with, Path::new(TOW), WORK), Ok(vec![]), "once is enough");
    let back = after(&with, &take(kind, &place(), &with).unwrap());
    assert_eq!(back, *files, "with: {with:#?}");
    assert_eq!(take(kind, &place(), &back), Ok(vec![]));
    with
}

fn one(path: &str, text: &str) -> Files {
    [(PathBuf::from(path), text.to_owned())].into()
}

const CLAUDE: &str = "/home/me/.claude/settings.json";

#[test]
fn claude_settings_come_back_byte_for_byte() {
    for text in [
        "{}",
        "{}\n",
        "{\"model\":\"opus\"}",
        "{ \"model\": \"opus\" }\n",
        "{\n  \"model\": \"opus\",\n  \"permissions\": {\"allow\": [\"Bash(ls:*)\"]}\n}\n",
        "{\n\t\"a\": 1.50,\n\t\"b\": \"\\u00e9\"\n}",
        "{\r\n  \"a\": 1\r\n}\r\n",
        "{\n    // a comment\n    \"a\": 1, // another\n}\n",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [{ \"type\": \"command\", \"command\": \"mine\" }]\n      }\n    ]\n  },\n  \"z\": true\n}\n",
        "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"mine\"}]}]}}",
        "{\n  \"hooks\": {\n    \"PreToolUse\": []\n  }\n}\n",
        "{ // why\n}\n",
        "{\n  \"a\": [\n    1,\n  ],\n}\n",
        "{\n  \"a\": 1, // last\n}\n",
    ] {
        let with = there_and_back("claude", &one(CLAUDE, text));
        let text = &with[Path::new(CLAUDE)];
        assert!(text.contains(r"'/opt/it'\\''s here/tow' agent-event claude >/dev/null"), "{text}");
    }
}

#[test]
fn hooks_are_added_behind_the_users_own() {
    let own = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]}]},"x":1}"#;
    let with = put_into("claude", &one(CLAUDE, own));
    let value: serde_json::Value = serde_json::from_str(&with[Path::new(CLAUDE)]).unwrap();
    let commands = |event: &str| -> Vec<String> {
        let groups = value["hooks"][event].as_array().unwrap();
        let command = |group: &serde_json::Value| group["hooks"][0]["command"].clone();
        groups.iter().map(|group| command(group).as_str().unwrap().to_owned()).collect()
    };
    let ours = command("claude", Path::new(TOW));
    assert_eq!(commands("Stop"), ["mine".to_owned(), ours.clone()]);
    let prime = commands("SessionStart").pop().unwrap();
    assert!(commands("SessionStart")[0] == ours && prime.contains("prime --hook"), "{prime}");
    assert_eq!(value["x"], 1);
}

#[test]
fn a_file_that_is_not_there_is_made_and_a_hook_of_another_tow_replaced() {
    let with = put_into("claude", &Files::new());
    let text = &with[Path::new(CLAUDE)];
    assert!(text.starts_with("{\n  \"hooks\": {\n    \"SessionStart\": [\n"), "{text}");
    assert!(text.ends_with("}\n"));
    let edits = put("claude", &place(), &with, Path::new("/new/tow"), WORK).unwrap();
    let moved = after(&with, &edits);
    let text = &moved[Path::new(CLAUDE)];
    assert!(text.contains("/new/tow") && !text.contains("/opt"), "{text}");
    let back = after(&moved, &take("claude", &place(), &moved).unwrap());
    assert_eq!(back[Path::new(CLAUDE)].trim(), "{}");
}

#[test]
fn what_was_put_beside_ours_stays() {
    let with = put_into("claude", &one(CLAUDE, "{}"));
    let text = with[Path::new(CLAUDE)].replacen(
        "\"hooks\": [\n",
        "\"hooks\": [\n          { \"type\": \"command\", \"command\": \"mine\" },\n",
        1,
    );
    let changed = one(CLAUDE, &text);
    let back = after(&changed, &take("claude", &place(), &changed).unwrap());
    let value: serde_json::Value = serde_json::from_str(&back[Path::new(CLAUDE)]).unwrap();
    let expected = serde_json::json!({
        "hooks": { "SessionStart": [{ "hooks": [{ "type": "command", "command": "mine" }] }] }
    });
    assert_eq!(value, expected, "{text}");
}

#[test]
fn a_file_that_is_not_understood_is_left_alone() {
    for (text, expected) in [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", ":2: it can't be read as JSON: "),
        ("{\"a\": ", ": it can't be read as JSON: "),
        ("[1]", ": it is no JSON object"),
        ("{\"hooks\": []}", ": \"hooks\" is no object"),
        ("{\"hooks\": {\"Stop\": 7}}", ": \"hooks\".\"Stop\" is no list"),
    ] {
        let error = put("claude", &place(), &one(CLAUDE, text), Path::new(TOW), WORK).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with(CLAUDE) && error.contains(expected), "{error}");
    }
}

#[test]
fn variables_move_the_folders() {
    let moved = |variable: &str, kind: &str| {
        let environment = vec![(variable.to_owned(), "/x".to_owned())];
        files(kind, &Place { environment, ..place() })[0].display().to_string()
    };
    assert_eq!(moved("CLAUDE_CONFIG_DIR", "claude"), "/x/settings.json");
    assert_eq!(moved("CODEX_HOME", "codex"), "/x/hooks.json");
    assert_eq!(
        moved("GEMINI_CLI_HOME", "gemini"),
        "/x/.gemini/extensions/towline/gemini-extension.json"
    );
    assert_eq!(moved("XDG_CONFIG_HOME", "opencode"), "/x/opencode/plugins/towline.js");
    assert_eq!(moved("CLAUDE_CONFIG_DIR", "codex"), "/home/me/.codex/hooks.json");
    assert!(files("aider", &place()).is_empty());
}

const CONFIG: &str = "/home/me/.codex/config.toml";
const HOOKS: &str = "/home/me/.codex/hooks.json";

#[test]
fn codex_hooks_come_with_trust_in_them_alone() {
    let config =
        "# mine\nmodel = \"x\"\n\n[projects.\"/p\"] # a folder\ntrust_level = \"trusted\"\n";
    let trusted = "[hooks.state.\"/else/hooks.json:stop:0:0\"]\ntrusted_hash = \"sha256:1\"\n";
    let own =
        r#"{ "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": "mine" }] }] } }"#;
    there_and_back("codex", &Files::new());
    there_and_back("codex", &one(CONFIG, config));
    there_and_back("codex", &one(CONFIG, &format!("{config}\n{trusted}")));
    let mut files = one(CONFIG, config);
    files.extend(one(HOOKS, own));
    let with = there_and_back("codex", &files);
    let text = &with[Path::new(CONFIG)];
    // Behind the user's own group.
    let key = format!("[hooks.state.\"{HOOKS}:stop:1:0\"]");
    assert!(text.contains(&key), "{text}");
    assert!(text.contains(&format!("[hooks.state.\"{HOOKS}:session_start:0:0\"]")), "{text}");
    let error = put("codex", &place(), &one(CONFIG, "a = 1\nb = = 2\n"), Path::new(TOW), WORK);
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with(&format!("{CONFIG}:2: it can't be read as TOML")), "{error}");
}

#[test]
fn gemini_and_opencode_get_files_of_their_own() {
    for kind in ["gemini", "opencode"] {
        let with = there_and_back(kind, &Files::new());
        assert_eq!(with.keys().cloned().collect::<Vec<_>>(), files(kind, &place()));
    }
    // Somebody else's file of that name.
    let path = files("opencode", &place()).remove(0);
    let foreign = one(path.to_str().unwrap(), "export const x = 1\n");
    assert_eq!(take("opencode", &place(), &foreign), Ok(vec![]));
}

#[test]
fn claude_learns_of_its_work_unless_that_is_not_wanted() {
    let of = |wanted: Wanted, files: &Files| {
        after(files, &put("claude", &place(), files, Path::new(TOW), wanted).unwrap())
            [Path::new(CLAUDE)]
        .clone()
    };
    let with = of(WORK, &Files::new());
    for (command, times) in [("prime --hook", 2), ("mail check --inject", 1), ("# towline work", 3)]
    {
        assert_eq!(with.matches(command).count(), times, "{command}: {with}");
    }
    let without = of(Wanted { work: false }, &Files::new());
    assert!(!without.contains("prime") && without.contains("agent-event"), "{without}");
    // The one takes the place of the other.
    assert_eq!(of(Wanted { work: false }, &one(CLAUDE, &with)), without);
    assert_eq!(of(WORK, &one(CLAUDE, &without)), with);
    assert!(!put_into("codex", &Files::new()).values().any(|text| text.contains("prime")));
}

#[test]
fn a_worktrees_settings_have_the_hooks_of_work_alone() {
    let program = Path::new(TOW);
    let text = work_settings(program);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let command = value["hooks"]["SessionStart"][0]["hooks"][0]["command"].as_str().unwrap();
    assert_eq!(command, r"'/opt/it'\''s here/tow' prime --hook 2>/dev/null || : # towline work");
    assert!(!text.contains("agent-event") && text.ends_with('\n'));
    let path = Path::new("/w/.claude/settings.local.json");
    assert_eq!(work_settings_in(path, Some(&text), Path::new(TOW)).unwrap(), text);
    let own = "{\n  // mine\n  \"permissions\": {}\n}\n";
    let both = work_settings_in(path, Some(own), program).unwrap();
    assert!(both.contains("// mine") && both.contains("prime --hook"), "{both}");
    assert!(work_settings_in(path, Some("{"), program).is_err());
}
