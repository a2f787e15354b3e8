//! With the right secret, without one, with a wrong one.

use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use towline_testkit::DEADLINE;

use crate::{Pair, text, wrong_secret};

#[test]
fn whoever_knows_the_secret_gets_in() {
    let pair = Pair::new();
    // On its own machine it is found; elsewhere it is named.
    pair.is_unharmed();
    for scheme in ["tcp", "tls"] {
        let (address, secret) = (pair.at(scheme), pair.secret());
        let options = ["--addr", &address, "--secret-file", text(&secret)];
        assert!(pair.client.ok(&[&options[..], &["list"]].concat()).contains('x'));
        pair.client.ok(&[&options[..], &["send", "x", "some words"]].concat());
        let wait = ["wait", "x", "--output", "some words", "--timeout", "30s"];
        pair.client.ok(&[&options[..], &wait].concat());
    }
}

#[test]
fn the_variable_names_the_file_too() {
    let mut pair = Pair::new();
    let secret = pair.secret();
    pair.client.set_env("TOWLINE_SECRET_FILE", &secret);
    pair.client.set_env("TOWLINE_ADDR", pair.at("tls"));
    assert!(pair.client.ok(&["list"]).contains('x'));
}

#[test]
fn without_a_secret_it_says_how_to_get_one() {
    let pair = Pair::new();
    for scheme in ["tcp", "tls"] {
        let address = pair.at(scheme);
        let error = pair.client.run(&["--addr", &address, "list"]).expect_error(2, "not paired");
        assert!(error.stderr.contains(&format!("hint: tow host pair {address}")), "{error:?}");
    }
    pair.is_unharmed();
}

#[test]
fn a_wrong_secret_gets_nobody_in() {
    let pair = Pair::new();
    let wrong = wrong_secret(&pair.client);
    for scheme in ["tcp", "tls"] {
        let address = pair.at(scheme);
        let options = ["--addr", &address, "--secret-file", text(&wrong), "list"];
        pair.client.run(&options).expect_error(5, "does not take this machine's secret");
    }
    assert!(pair.log().contains("did not prove itself"), "{}", pair.log());
    pair.is_unharmed();
}

#[test]
fn a_secret_that_others_can_read_is_not_used() {
    let pair = Pair::new();
    let path = wrong_secret(&pair.client);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let options = ["--addr", &pair.at("tls"), "--secret-file", text(&path), "list"];
    let error = pair.client.run(&options).expect_error(2, "can be read by other users");
    assert!(error.stderr.contains("hint: chmod 600 "), "{error:?}");
}

#[test]
fn all_secrets_are_their_owners_alone() {
    let pair = Pair::new();
    for name in ["secret", "tls.key", "fingerprint"] {
        let mode = std::fs::metadata(pair.server.state().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_changed_secret_counts_at_once() {
    let pair = Pair::new();
    let old = pair.client.work().join("old");
    std::fs::copy(pair.secret(), &old).unwrap();
    towline_client::transport::Secret::random().unwrap().save(&pair.secret()).unwrap();
    pair.is_unharmed();
    let options = ["--addr", &pair.at("tls"), "--secret-file", text(&old), "list"];
    pair.client.run(&options).expect_error(5, "does not take this machine's secret");
}

#[test]
fn another_user_of_the_machine_gets_nothing() {
    if !rustix::process::geteuid().is_root()
        || Command::new("setpriv").arg("--version").output().is_err()
    {
        println!("skipped: only root can be another user, by setpriv");
        return;
    }
    let pair = Pair::new();
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let program = home.path().join("tow");
    std::fs::copy(env!("CARGO_BIN_EXE_tow"), &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command.args(arguments).env_clear().env("TOWLINE_HOME", home.path().join("towline"));
        let output = command.current_dir(home.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for scheme in ["tcp", "tls"] {
        let address = pair.at(scheme);
        let (status, said) = as_nobody(&["--addr", &address, "list"]);
        assert!(status == Some(2) && said.contains("not paired"), "{scheme}: {status:?} {said}");
        let secret = pair.secret();
        let named = ["--addr", &address, "--secret-file", text(&secret), "list"];
        let (status, said) = as_nobody(&named);
        assert!(status == Some(2) && said.contains("permission denied"), "{status:?} {said}");
    }
    // The port tells whoever asks which server it is, and not a byte more.
    let mut stream = TcpStream::connect(pair.address("tcp")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    assert_eq!((said.len(), &said[..8]), (40, &b"TOWLTCP1"[..]));
    pair.is_unharmed();
}
