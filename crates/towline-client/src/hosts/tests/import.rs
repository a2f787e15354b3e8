//! What other tools left.

use std::path::Path;

use crate::hosts::import;

/// The hosts, each as `alias address projects attach`.
fn read(text: &str) -> Result<Vec<String>, String> {
    let found = import(Path::new("hosts"), text).map_err(|error| error.to_string())?;
    let line = |found: &crate::hosts::Imported| {
        let host = &found.host;
        let projects = host.projects.as_deref().unwrap_or("-");
        format!("{} {} {projects} {}", host.alias, host.address, host.attach.name())
    };
    Ok(found.iter().map(line).collect())
}

#[test]
fn both_forms_are_read() {
    for (text, expected) in [
        ("", vec![]),
        ("# a comment\n\n  \n", vec![]),
        (
            "thor|mac@nixos-thor|/home/mac/1-Projects\n",
            vec!["thor ssh://mac@nixos-thor /home/mac/1-Projects ssh"],
        ),
        (
            " thor | thor | ~/src \njedi|10.0.0.7:2222\n",
            vec!["thor ssh://thor ~/src ssh", "jedi ssh://10.0.0.7:2222 - ssh"],
        ),
        ("Big_Box|b|", vec!["big-box ssh://b - ssh"]),
        ("remote_host: mac@thor.lan\n", vec!["thor ssh://mac@thor.lan - ssh"]),
        (
            "window:dev\npane:a | b\nremote_host: thor\nremote_alias: t\nremote_port: 2222\nremote_attach: Mosh\nremote_host:jedi\n",
            vec!["t ssh://thor:2222 - mosh", "jedi ssh://jedi - ssh"],
        ),
        ("remote_host: 10.0.0.7", vec!["10-0-0-7 ssh://10.0.0.7 - ssh"]),
        ("remote_host: local", vec!["host-local ssh://local - ssh"]),
        ("a|b|/x\na|b|/x\n", vec!["a ssh://b /x ssh", "a ssh://b /x ssh"]),
    ] {
        assert_eq!(read(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, expected) in [
        ("remote_alias: t", "hosts:1: remote_alias stands before any remote_host"),
        ("\nremote_port: 22", "hosts:2: remote_port stands before any remote_host"),
        (
            "remote_attach: ssh\nremote_host: a",
            "hosts:1: remote_attach stands before any remote_host",
        ),
        ("a|b|/c\nremote_port: 22", "hosts:2: remote_port stands before any remote_host"),
        (
            "remote_host: a\nremote_port: x",
            "hosts:2: `x` is not a port: ports are numbers from 1 to 65535",
        ),
        (
            "remote_host: a\nremote_port: 0",
            "hosts:2: `0` is not a port: ports are numbers from 1 to 65535",
        ),
        ("remote_host: a\nremote_attach: et", "hosts:2: remote_attach is ssh or mosh, not `et`"),
        ("remote_host: -x", "hosts:1: `-x` begins with `-`, and ssh would take it for an option"),
        ("remote_host:", "hosts:1: `` names no host"),
        (
            "remote_host: a\nremote_alias: ü",
            "hosts:2: `ü` can't be an alias: lower-case letters, digits and `-` can",
        ),
        ("a|b|c|d", "hosts:1: 4 fields where alias|host|folder are three"),
        ("a|b|src", "hosts:1: `src` is no folder such as /home/me/src or ~/src"),
        ("|b|/c", "hosts:1: `` can't be an alias: lower-case letters, digits and `-` can"),
        ("a||/c", "hosts:1: `` names no host"),
        (
            "thor",
            "hosts:1: `thor` is neither alias|host|folder nor a directive such as remote_host:",
        ),
        ("a|b|/c\na|d|/c", "hosts:2: alias a is another host's in line 1"),
    ] {
        assert_eq!(read(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn a_file_of_directives_without_hosts_has_none() {
    let text = "window:dev\npane:npm run dev | tee log\n";
    assert_eq!(import(Path::new("/x/.agent-tmux.conf"), text), Ok(Vec::new()));
    assert!(import(Path::new("hosts"), "window:dev\n").is_err());
}
