//! Changing the file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::hosts::{Address, AttachBy, Host, HostValue, HostsError, HostsFile, load};

/// A folder with a list of hosts in it, and the list's path.
fn with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// What the file is after a change.
fn after(text: &str, change: impl FnOnce(&mut HostsFile)) -> String {
    let (_folder, path) = with(text);
    let mut file = HostsFile::open(&path).unwrap();
    change(&mut file);
    file.save().unwrap();
    fs::read_to_string(&path).unwrap()
}

fn host(alias: &str) -> Host {
    Host::new(alias, Address::parse(&format!("ssh://{alias}")).unwrap())
}

const TWO: &str = "# my machines\n\n# the big one\n[host.thor] # ours\naddress = \"ssh://thor\" # by cable\n\n\
                   # at work\n[host.jedi]\naddress = \"ssh://jedi\"\n# the end\n";

#[test]
fn a_host_is_added_at_the_end() {
    let loki = Host {
        projects: Some("~/src".into()),
        attach: AttachBy::Mosh,
        accept_new: true,
        ..host("loki")
    };
    let added = "\n[host.loki]\naddress = \"ssh://loki\"\nprojects = \"~/src\"\nattach = \"mosh\"\naccept_new = true\n";
    let text = after(TWO, |file| file.add(&loki).unwrap());
    assert_eq!(text, format!("{}{added}# the end\n", TWO.strip_suffix("# the end\n").unwrap()));
    let inline = after("host = { a = { address = \"ssh://a\" } }\n", |file| {
        file.add(&host("b")).unwrap();
    });
    assert_eq!(
        inline,
        "host = { a = { address = \"ssh://a\" } , b = { address = \"ssh://b\" } }\n"
    );
}

#[test]
fn what_was_added_is_read_back() {
    let (_folder, path) = with("");
    let mut all = host("all");
    all.address = Address::parse("ssh://me@all:22").unwrap();
    all.tow = Some("/opt/a \"b\"/tow".into());
    all.tmux = Some("tmux-next".into());
    all.backend = crate::hosts::Backend::Tmux;
    all.fingerprint = Some("SHA256:abc".into());
    all.secret_file = Some(PathBuf::from("/s/x"));
    let mut file = HostsFile::open(&path).unwrap();
    file.add(&all).unwrap();
    let saved = file.save().unwrap();
    assert_eq!(saved.get("all"), Some(&all));
    assert_eq!(load(&path).unwrap(), saved);
}

#[test]
fn a_new_file_is_the_users_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config/hosts.toml");
    let mut file = HostsFile::open(&path).unwrap();
    file.add(&host("thor")).unwrap();
    file.save().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# The hosts of the fleet."), "{text}");
    assert!(text.ends_with("\n\n[host.thor]\naddress = \"ssh://thor\"\n"), "{text}");
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn the_mode_and_a_link_stay() {
    let (folder, path) = with(TWO);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink("hosts.toml", &link).unwrap();
    let mut file = HostsFile::open(&link).unwrap();
    file.remove("jedi");
    file.save().unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(load(&path).unwrap().len(), 1);
}

#[test]
fn a_removed_host_takes_only_its_own_comments() {
    let text = after(TWO, |file| assert!(file.remove("thor")));
    assert_eq!(
        text,
        "# my machines\n\n# at work\n[host.jedi]\naddress = \"ssh://jedi\"\n# the end\n"
    );
    let text = after(TWO, |file| assert!(file.remove("jedi")));
    assert_eq!(
        text,
        "# my machines\n\n# the big one\n[host.thor] # ours\naddress = \"ssh://thor\" # by cable\n# the end\n"
    );
    let text = after(TWO, |file| {
        file.remove("thor");
        file.remove("jedi");
        assert!(!file.remove("thor"));
    });
    assert_eq!(text, "# my machines\n\n# the end\n");
}

#[test]
fn keys_are_set_in_place() {
    let text = |text: &str| HostValue::Text(text.into());
    let changed = after(TWO, |file| {
        file.set("thor", "address", Some(&text("ssh://thor.lan"))).unwrap();
        file.set("jedi", "accept_new", Some(&HostValue::Flag(true))).unwrap();
        file.set("jedi", "port", Some(&HostValue::Number(22))).unwrap();
        file.set("jedi", "port", None).unwrap();
        file.set("local", "backend", Some(&text("towline"))).unwrap();
        let missing = file.set("loki", "tow", Some(&text("x"))).unwrap_err();
        assert_eq!(missing.to_string(), "no host loki in the list");
    });
    let expected = TWO.replace("\"ssh://thor\" #", "\"ssh://thor.lan\" #").replace(
        "\"ssh://jedi\"\n",
        "\"ssh://jedi\"\naccept_new = true\n\n[host.local]\nbackend = \"towline\"\n",
    );
    assert_eq!(changed, expected);
}

#[test]
fn what_is_wrong_is_not_written() {
    let (_folder, path) = with(TWO);
    let mut file = HostsFile::open(&path).unwrap();
    assert!(matches!(file.add(&host("thor")), Err(HostsError::Taken(_))));
    assert!(matches!(file.add(&host("Thor")), Err(HostsError::Refused(_))));
    file.set("thor", "backend", Some(&HostValue::Text("screen".into()))).unwrap();
    assert!(matches!(file.save(), Err(HostsError::Invalid { line: 6, .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), TWO);
}

#[test]
fn a_file_that_cannot_be_read_is_never_overwritten() {
    for text in ["[host.thor\n", "[host.thor]\nadress = 3\n", "a = 1\n"] {
        let (_folder, path) = with(text);
        assert!(matches!(HostsFile::open(&path), Err(HostsError::Invalid { .. })), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn nobody_else_changes_it_meanwhile() {
    let (_folder, path) = with("");
    let names: Vec<String> = (0..8).map(|number| format!("h{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| {
                let mut file = HostsFile::open(&path).unwrap();
                file.add(&host(name)).unwrap();
                file.save().unwrap();
            });
        }
    });
    let hosts = load(&path).unwrap();
    assert!(names.iter().all(|name| hosts.get(name).is_some()), "{hosts:?}");
}
