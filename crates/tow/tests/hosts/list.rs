//! The list as a file, and `tow host list` and `remove`.

use std::fs;

use crate::fleet;

#[test]
fn hosts_are_added_listed_and_removed_and_comments_stay() {
    let fleet = fleet();
    let tow = &fleet.tow;
    fs::create_dir_all(fleet.hosts_file().parent().unwrap()).unwrap();
    fs::write(fleet.hosts_file(), "# mine\n\n# the first\n[host.a]\naddress = \"ssh://a\" # x\n")
        .unwrap();
    let add =
        ["host", "add", "--no-check", "b", "mac@b.lan", "--port", "2222", "--projects", "~/src"];
    let said = tow.run(&add).expect_status(0);
    assert!(said.stderr.contains("added b to"), "{said:?}");
    let again = tow.run(&add).expect_status(0);
    assert!(again.stderr.contains("already"), "{again:?}");
    assert_eq!(
        fs::read_to_string(fleet.hosts_file()).unwrap(),
        "# mine\n\n# the first\n[host.a]\naddress = \"ssh://a\" # x\n\n\
         [host.b]\naddress = \"ssh://mac@b.lan:2222\"\nprojects = \"~/src\"\n"
    );
    let list = tow.json(&["host", "list", "--json"]);
    let aliases: Vec<&str> = list["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["host"].as_str().unwrap())
        .collect();
    assert_eq!(aliases, ["a", "b"]);
    assert_eq!(list["hosts"][1]["address"], "ssh://mac@b.lan:2222");
    assert!(list["hosts"][1]["status"].is_null(), "no server runs: {list}");
    assert!(tow.ok(&["host", "ls"]).contains("ssh://mac@b.lan:2222"));

    let unknown = tow.run(&["host", "remove", "b", "zzz"]).expect_status(3);
    assert!(unknown.stderr.contains("no host zzz in the list"), "{unknown:?}");
    tow.run(&["host", "remove", "a"]).expect_status(0);
    assert_eq!(
        fs::read_to_string(fleet.hosts_file()).unwrap(),
        "# mine\n\n[host.b]\naddress = \"ssh://mac@b.lan:2222\"\nprojects = \"~/src\"\n"
    );
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line_and_left_alone() {
    let fleet = fleet();
    let text = "[host.a]\nadress = \"ssh://a\"\n";
    fs::create_dir_all(fleet.hosts_file().parent().unwrap()).unwrap();
    fs::write(fleet.hosts_file(), text).unwrap();
    for arguments in
        [vec!["host", "list"], vec!["host", "add", "--no-check", "b"], vec!["host", "check"]]
    {
        let said = fleet.tow.run(&arguments).expect_status(2);
        let first = said.stderr.lines().next().unwrap();
        assert!(first.ends_with("hosts.toml:2: unknown key adress for host a"), "{said:?}");
        assert!(said.stderr.contains("hint: did you mean address?"), "{said:?}");
    }
    assert_eq!(fs::read_to_string(fleet.hosts_file()).unwrap(), text);
    let doctor = fleet.tow.run(&["doctor"]).stdout;
    assert!(doctor.contains("hosts.toml:2: unknown key adress"), "{doctor}");
}

#[test]
fn usage_errors_name_what_helps() {
    let fleet = fleet();
    for (arguments, message, hint) in [
        (vec!["host", "add", "Thor"], "`Thor` can't be an alias", "hint: tow host add thor …"),
        (
            vec!["host", "add", "t", "http://t"],
            "`http://t` is not an address",
            "hint: addresses have the form",
        ),
        (
            vec!["host", "add", "t", "--projects", "src", "--no-check"],
            "projects must be a folder",
            "",
        ),
        (vec!["host", "check", "local"], "local is this machine", "hint: tow doctor"),
        (
            vec!["host", "install", "tls"],
            "is reached by tls://x:9999, which runs no commands",
            "hint: ",
        ),
    ] {
        if arguments.contains(&"tls") {
            fleet.tow.run(&["host", "add", "--no-check", "tls", "tls://x"]).expect_status(0);
        }
        let said = fleet.tow.run(&arguments).expect_status(2);
        assert!(said.stderr.contains(message) && said.stderr.contains(hint), "{said:?}");
    }
}
