//! What the file says.

use std::path::{Path, PathBuf};

use crate::hosts::{Address, AttachBy, Backend, Host, Hosts, LocalHost, is_alias, load, parse};

fn read(text: &str) -> Result<Hosts, String> {
    parse(Path::new("/c/hosts.toml"), text, Some(Path::new("/h"))).map_err(|error| {
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{error}{hint}")
    })
}

#[test]
fn every_key_can_be_set() {
    let hosts = read(
        "[host.thor]\nport = 2222\naddress = \"ssh://mac@nixos-thor\"\nprojects = \"/home/mac/1-Projects\"\n\
         backend = \"tmux\"\nattach = \"mosh\"\ntow = \"/opt/tow\"\ntmux = \"tmux-next\"\naccept_new = true\n\
         [host.office]\naddress = \"tls://office:9999\"\nfingerprint = \"SHA256:abc+/=\"\nsecret_file = \"secrets/o\"\n\
         [host.local]\nbackend = \"towline\"\nprojects = \"~/src\"\ntmux = \"/opt/tmux\"\n",
    )
    .unwrap();
    let thor = Host {
        projects: Some("/home/mac/1-Projects".into()),
        backend: Backend::Tmux,
        attach: AttachBy::Mosh,
        tow: Some("/opt/tow".into()),
        tmux: Some("tmux-next".into()),
        accept_new: true,
        ..Host::new("thor", Address::parse("ssh://mac@nixos-thor:2222").unwrap())
    };
    let office = Host {
        fingerprint: Some("SHA256:abc+/=".into()),
        secret_file: Some(PathBuf::from("/c/secrets/o")),
        ..Host::new("office", Address::parse("tls://office:9999").unwrap())
    };
    let local = LocalHost {
        backend: Backend::Towline,
        projects: Some("~/src".into()),
        tmux: Some("/opt/tmux".into()),
    };
    assert_eq!(hosts.iter().collect::<Vec<_>>(), [&thor, &office]);
    assert_eq!(hosts.local, local);
    assert_eq!(hosts.get("office"), Some(&office));
    assert_eq!(hosts.get("local"), None);
    assert_eq!(hosts.find("thor").unwrap(), thor);
    let unlisted = hosts.find("me@jedi:2222").unwrap();
    assert_eq!(unlisted, Host::new("me@jedi:2222", Address::ssh("me@jedi:2222").unwrap()));
}

#[test]
fn hosts_keep_the_order_of_the_file() {
    let text = "[host.z]\naddress = \"ssh://z\"\n[host.a]\naddress = \"ssh://a\"\n[host.m]\naddress = \"ssh://m\"\n";
    let aliases: Vec<String> = read(text).unwrap().iter().map(|host| host.alias.clone()).collect();
    assert_eq!(aliases, ["z", "a", "m"]);
    let inline =
        read("host = { z = { address = \"ssh://z\" }, a = { address = \"ssh://a\" } }").unwrap();
    assert_eq!(inline.iter().map(|host| host.alias.as_str()).collect::<Vec<_>>(), ["z", "a"]);
}

#[test]
fn a_file_that_is_not_there_has_no_hosts() {
    assert!(load(Path::new("/nonexistent/hosts.toml")).unwrap().is_empty());
    assert!(read("").unwrap().is_empty());
}

#[test]
fn a_secret_file_is_found_from_the_folder_of_the_list() {
    for (written, expected) in [
        ("s", "/c/s"),
        ("~/s", "/h/s"),
        ("/etc/s", "/etc/s"),
        ("../s", "/c/../s"),
        ("~me/s", "/c/~me/s"),
    ] {
        let text = format!("[host.a]\naddress = \"tls://a\"\nsecret_file = \"{written}\"");
        let file = read(&text).unwrap().get("a").unwrap().secret_file.clone();
        assert_eq!(file, Some(PathBuf::from(expected)));
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    const A: &str = "[host.a]\naddress = \"ssh://a\"\n";
    for (text, expected) in [
        ("[host.a]\naddress = = 1", "2: extra `=`, expected nothing"),
        (
            "[hosts.a]\naddress = \"ssh://a\"",
            "1: unknown key hosts: hosts are tables such as [host.thor] (did you mean host?)",
        ),
        ("host = 3", "1: host must be a table, not 3 (write it as [host])"),
        (
            "[host]\na = \"ssh://a\"",
            "2: host.a must be a table, not \"ssh://a\" (write it as [host.a])",
        ),
        (&format!("{A}[host.a]\n"), "3: duplicate key"),
        ("\n[host.a]\nprojects = \"/p\"", "2: host a has no address (address = \"ssh://a\")"),
        (&format!("{A}adress = \"x\""), "3: unknown key adress for host a (did you mean address?)"),
        (&format!("{A}colour = \"x\""), "3: unknown key colour for host a"),
        (
            "[host.Thor]\n",
            "1: `Thor` can't be an alias: lower-case letters, digits and `-` can (did you mean [host.thor]?)",
        ),
        ("[host.\"-x\"]\n", "1: `-x` can't be an alias: lower-case letters, digits and `-` can"),
        (
            "[host.a]\naddress = 3",
            "2: address must be an address such as \"ssh://user@name\", not 3",
        ),
        (
            "[host.a]\naddress = \"thor\"",
            "2: address must be an address such as \"ssh://user@name\" (`thor` is not an address), not \"thor\"",
        ),
        (&format!("{A}port = \"22\""), "3: port must be a number from 1 to 65535, not \"22\""),
        (&format!("{A}port = 65536"), "3: port must be a number from 1 to 65535, not 65536"),
        (
            "[host.a]\nport = 1\naddress = \"ssh://a:2\"",
            "2: port must be 2, which the address says, not 1",
        ),
        (
            "[host.a]\naddress = \"tls://a:2\"\nport = 2",
            "3: port must be a part of the address tls://a:2, not 2",
        ),
        (
            &format!("{A}projects = \"src\""),
            "3: projects must be a folder such as \"/home/me/src\" or \"~/src\", not \"src\"",
        ),
        (
            &format!("{A}backend = \"screen\""),
            "3: backend must be one of auto, towline, tmux, not \"screen\"",
        ),
        (&format!("{A}attach = true"), "3: attach must be one of ssh, mosh, not true"),
        (&format!("{A}tow = \"-x\""), "3: tow must be a program's name or path, not \"-x\""),
        (&format!("{A}accept_new = \"yes\""), "3: accept_new must be true or false, not \"yes\""),
        (
            &format!("{A}fingerprint = \"abc\""),
            "3: fingerprint must be what `tow host pair` shows, such as \"SHA256:…\", not \"abc\"",
        ),
        (
            "[host.local]\naddress = \"ssh://a\"",
            "2: address makes no sense for local, which is this machine: it takes projects, backend, tmux",
        ),
        (
            "[host.local]\nbackand = \"tmux\"",
            "2: unknown key backand for host local (did you mean backend?)",
        ),
    ] {
        let told = read(text).unwrap_err();
        assert_eq!(told.strip_prefix("/c/hosts.toml:"), Some(expected), "{text}");
    }
}

#[test]
fn aliases_are_plain() {
    for (text, expected) in [
        ("thor", true),
        ("a1-b", true),
        ("0", true),
        ("", false),
        ("-a", false),
        ("Thor", false),
        ("a.b", false),
        ("a_b", false),
        ("local", false),
        ("ä", false),
    ] {
        assert_eq!(is_alias(text), expected, "{text}");
    }
}
