//! `tow config` through the binary.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

use towline_testkit::Tow;

fn with_configuration(text: &str) -> Tow {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let folder = tow.home().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
    tow
}

#[test]
fn a_wrong_configuration_takes_no_server_down() {
    let tow = with_configuration("");
    tow.spawn("x", "exec sleep 1000");
    std::fs::write(tow.home().join("config/config.toml"), "prefix = 3\n").unwrap();
    tow.ok(&["server", "restart"]);
    assert_eq!(tow.panes().len(), 1);
    let status = tow.json(&["server", "status", "--json"]);
    let told = status["degraded"][0].as_str().unwrap();
    assert!(told.contains("config.toml:1: prefix must be"), "{told}");
}

#[test]
fn the_path_is_where_the_file_is_read_from() {
    let tow = with_configuration("scrollback = 7\n");
    let path = tow.ok(&["config", "path"]);
    assert_eq!(std::fs::read_to_string(path.trim_end()).unwrap(), "scrollback = 7\n");
    assert_eq!(tow.json(&["config", "show", "--json"])["scrollback"], 7);
    assert!(tow.ok(&["config", "show"]).contains("scrollback = 7  # set in line 1\n"));
}

#[test]
fn an_unknown_setting_is_a_warning_with_the_nearest() {
    let tow = with_configuration("\nscrolback = 7\n");
    let outcome = tow.run(&["config", "check"]).expect_status(1);
    let expected = "config.toml:2: unknown setting scrolback; did you mean scrollback?\n";
    assert!(outcome.stderr.ends_with(expected), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_wrong_value_is_an_error_for_every_verb_that_needs_it() {
    let tow = with_configuration("prefix = \"b\"\n");
    for arguments in [&["config", "check"][..], &["config", "show"]] {
        let outcome = tow.run(arguments).expect_error(2, "config.toml:1: prefix must be");
        assert!(outcome.stderr.contains("hint: "), "{outcome:?}");
    }
}
