//! What these tests begin with: a Towline whose git has an identity, and repositories with ledgers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use towline_testkit::{Fleet, Tow};

/// A Towline whose commands find a git that knows who they are, and no configuration of the machine's.
pub(crate) fn tow() -> Tow {
    let mut tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    know(&mut tow);
    tow
}

/// A client like that, without hosts.
pub(crate) fn fleet() -> Fleet {
    let mut fleet = Fleet::new(env!("CARGO_BIN_EXE_tow"));
    know(&mut fleet.tow);
    fleet
}

fn know(tow: &mut Tow) {
    for (name, value) in identity() {
        tow.set_env(name, value);
    }
    tow.set_env("USER", "me");
    for name in
        ["BD_ACTOR", "BEADS_ACTOR", "BEADS_DIR", "GT_ROLE", "GT_RIG", "GT_POLECAT", "GT_CREW"]
    {
        // An empty one says nothing.
        tow.set_env(name, "");
    }
}

fn identity() -> [(&'static str, &'static str); 7] {
    [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Test"),
        ("GIT_AUTHOR_EMAIL", "test@example.org"),
        ("GIT_COMMITTER_NAME", "Test"),
        ("GIT_COMMITTER_EMAIL", "test@example.org"),
        ("GIT_TERMINAL_PROMPT", "0"),
    ]
}

/// Runs git, and returns what it printed.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = try_git(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} in {}: {said}", folder.display());
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Runs git, whatever comes of it.
pub(crate) fn try_git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).envs(identity());
    command.output().expect("git is installed")
}

/// A repository with one commit, in the folder that commands run in.
pub(crate) fn repository(tow: &Tow, name: &str) -> PathBuf {
    let folder = tow.work().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "-q", "-b", "main"]);
    std::fs::write(folder.join("README.md"), "# a project\n").unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "Begin"]);
    folder
}

/// Runs a command in a folder, which must succeed, and returns what it printed.
#[track_caller]
pub(crate) fn ok_in(tow: &Tow, folder: &Path, arguments: &[&str]) -> String {
    tow.run_in(folder, arguments).expect_status(0).stdout
}

/// A town, `town` in the folder that commands run in, with the rig `demo` (prefix `demo`) from a bare repository beside it,
/// `demo.git`.
#[track_caller]
pub(crate) fn town(tow: &Tow) -> PathBuf {
    let project = repository(tow, "demo-source");
    let bare = tow.work().join("demo.git");
    git(&tow.work(), &["clone", "-q", "--bare", project.to_str().unwrap(), bare.to_str().unwrap()]);
    let town = tow.work().join("town");
    tow.ok(&["town", "init", town.to_str().unwrap()]);
    ok_in(tow, &town, &["rig", "add", "demo", bare.to_str().unwrap(), "--prefix", "demo"]);
    town
}

/// A plain folder with a ledger of the prefix `gt` that has this text.
pub(crate) fn ledger(tow: &Tow, name: &str, text: &str) -> PathBuf {
    let folder = tow.work().join(name);
    std::fs::create_dir_all(folder.join(".beads")).unwrap();
    std::fs::write(folder.join(".beads/config.yaml"), "issue-prefix: gt\n").unwrap();
    std::fs::write(folder.join(".beads/issues.jsonl"), text).unwrap();
    folder
}

/// Runs a command in a folder, which must succeed, and returns the JSON that it printed.
#[track_caller]
pub(crate) fn json_in(tow: &Tow, folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let printed = ok_in(tow, folder, arguments);
    serde_json::from_str(&printed)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {printed}"))
}
