//! Getting a rig's commits to another host, and what was worked on there back: by git, over the same ssh as everything else.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use towline_client::hosts::{Address, Host};
use towline_client::transport::{DialOptions, ssh_argv};

use crate::DispatchError;
use crate::git::Git;
use crate::worktree::Worktrees;

/// How long git may take to get commits from one machine to another.
const PATIENCE: Duration = Duration::from_secs(240);

/// What git runs there: a host whose PATH has git may not have all of its programs on it.
const RECEIVE: &str = "--receive-pack=git receive-pack";
const SEND: &str = "--upload-pack=git upload-pack";

/// Where the branches of another host's workers are kept here, until they are in the rig's origin.
const KEPT: &str = "refs/towline";

/// Brings the rig's branch up to date everywhere: what the mayor's clone has and the origin hasn't goes there; and to the repository
/// on the other host, where it has one of its own. Says what was done, in words.
///
/// # Errors
/// What git says.
pub(super) fn push(
    worktrees: &Worktrees<'_>,
    host: &Host,
    options: &DialOptions,
    push_to: Option<&Path>,
) -> Result<String, DispatchError> {
    let branch = worktrees.target()?;
    let mayor = Git::at(worktrees.rig.folder.join("mayor/rig")).with_deadline(PATIENCE);
    let mut done = Vec::new();
    let origin = format!("refs/remotes/origin/{branch}");
    let own = format!("refs/heads/{branch}");
    if mayor.folder().is_dir() && mayor.succeeds(&["show-ref", "--verify", "--quiet", &own])? {
        let ahead = mayor.run(&["rev-list", "--count", &own, "--not", &origin])?;
        if ahead != "0" {
            mayor.run(&["push", "-q", "origin", &format!("{own}:{own}")])?;
            done.push(format!("{ahead} to origin"));
        }
    }
    if let Some(folder) = push_to {
        let shared = worktrees.repository().with_deadline(PATIENCE);
        // Without the origin what is here goes.
        let _ = shared.run(&["fetch", "-q", "--prune", "origin"]);
        let refs = format!("+{origin}:{own}");
        with_ssh(shared, host, options).run(&[
            "push",
            "-q",
            RECEIVE,
            "--",
            &place(host, folder),
            &refs,
        ])?;
        done.push(format!("to {}", host.alias));
    }
    Ok(done.join(", "))
}

/// Gets the branches that workers have pushed on the other host, and puts them into the rig's origin. Returns their names.
///
/// # Errors
/// What git says.
pub(super) fn fetch(
    worktrees: &Worktrees<'_>,
    host: &Host,
    options: &DialOptions,
    from: &Path,
) -> Result<Vec<String>, DispatchError> {
    let kept = format!("{KEPT}/{}", plain(&host.alias));
    let shared = worktrees.repository().with_deadline(PATIENCE);
    let refs = format!("+refs/heads/polecat/*:{kept}/polecat/*");
    with_ssh(shared, host, options).run(&[
        "fetch",
        "-q",
        "--no-tags",
        SEND,
        "--",
        &place(host, from),
        &refs,
    ])?;
    let git = worktrees.repository().with_deadline(PATIENCE);
    let format = "--format=%(objectname) %(refname)";
    let found = git.run(&["for-each-ref", format, &format!("{kept}/polecat/")])?;
    let mut came = Vec::new();
    for (commit, name) in found.lines().filter_map(|line| line.split_once(' ')) {
        let Some(branch) = name.strip_prefix(&format!("{kept}/")) else { continue };
        let known = format!("refs/remotes/origin/{branch}");
        let known = git.run(&["rev-parse", "-q", "--verify", &known]).unwrap_or_default();
        if known == commit {
            continue;
        }
        // A worker may have begun its branch anew; one of that name which somebody else has pushed stays.
        let lease = format!("--force-with-lease=refs/heads/{branch}:{known}");
        git.run(&["push", "-q", &lease, "origin", &format!("{name}:refs/heads/{branch}")])?;
        // A bare repository without a refspec for it doesn't note that by itself.
        git.run(&["update-ref", &format!("refs/remotes/origin/{branch}"), commit])?;
        came.push(branch.to_owned());
    }
    Ok(came)
}

/// A part of a reference's name.
fn plain(alias: &str) -> String {
    alias.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
}

/// The same git, which reaches other machines as Towline does: with the user's configuration, and over the connection that is there
/// already.
fn with_ssh(git: Git, host: &Host, options: &DialOptions) -> Git {
    let git = git.with_env("GIT_SSH_COMMAND", ssh_command(&ssh_argv(host, options, &[], None)));
    let git = git.with_env("GIT_SSH_VARIANT", "ssh");
    match options.ssh_auth_sock.is_empty() {
        true => git,
        false => {
            use std::os::unix::ffi::OsStringExt;
            git.with_env("SSH_AUTH_SOCK", OsString::from_vec(options.ssh_auth_sock.clone()))
        }
    }
}

/// An ssh for git's shell. git itself says where to: that is left out, with the `--` before it.
fn ssh_command(argv: &[OsString]) -> OsString {
    let options = argv.len().saturating_sub(2);
    let words: Vec<OsString> = argv.iter().take(options).map(|word| quoted(word)).collect();
    words.join(OsStr::new(" "))
}

/// A word of a shell, whatever bytes it has.
fn quoted(word: &OsStr) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut bytes = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => bytes.extend_from_slice(br"'\''"),
            byte => bytes.push(*byte),
        }
    }
    bytes.push(b'\'');
    OsString::from_vec(bytes)
}

/// A folder of another host, as git names it.
fn place(host: &Host, folder: &Path) -> String {
    let folder = folder.display();
    match &host.address {
        Address::Ssh { user, host, .. } => {
            let user = user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            format!("{user}{host}:{folder}")
        }
        _ => folder.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_given_the_ssh_without_the_place() {
        let host = Host::new("thor", Address::parse("ssh://mac@thor:2222").unwrap());
        let options = DialOptions { control_dir: "/nowhere/it's".into(), ..DialOptions::default() };
        let command = ssh_command(&ssh_argv(&host, &options, &[], None)).into_string().unwrap();
        assert!(command.starts_with("'ssh' '-o' 'BatchMode=yes'"), "{command}");
        assert!(command.ends_with("'-p' '2222'"), "{command}");
        assert_eq!(quoted("it's $(x)".as_ref()), r"'it'\''s $(x)'");
    }

    #[test]
    fn folders_of_other_hosts_are_named_as_git_does() {
        for (address, expected) in [
            ("ssh://thor", "thor:/h/a b.git"),
            ("ssh://mac@thor:22", "mac@thor:/h/a b.git"),
            ("ssh://mac@[::1]:22", "mac@[::1]:/h/a b.git"),
        ] {
            let host = Host::new("x", Address::parse(address).unwrap());
            assert_eq!(place(&host, Path::new("/h/a b.git")), expected);
        }
        assert_eq!(plain("mac@thor:22"), "mac-thor-22");
    }
}
