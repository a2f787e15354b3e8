//! Which agents are installed on this host.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::Arc;

use towline_agents::{hook, launch};
use towline_client::programs;
use towline_protocol::v1;

use crate::server::Server;
use crate::spawn::login_environment;

/// The kinds of agents that are known, with where each lies on `path`; empty: the PATH of the login shell.
pub(crate) async fn installed(server: &Arc<Server>, path: Vec<u8>) -> Vec<v1::AgentKind> {
    let path = match path.is_empty() {
        true => login_environment().await.remove(&b"PATH"[..]).unwrap_or_default(),
        false => path,
    };
    let (server, path) = (Arc::clone(server), OsString::from_vec(path));
    // Folders on a PATH can be on disks that don't answer.
    tokio::task::spawn_blocking(move || look(&server, &path)).await.unwrap_or_default()
}

fn look(server: &Server, path: &OsStr) -> Vec<v1::AgentKind> {
    let of = |kind: String| {
        let names = server.rulebook.programs(&kind);
        let found = names.iter().find_map(|name| programs::find_on_path(name, path));
        v1::AgentKind {
            version: found.as_deref().and_then(version).unwrap_or_default(),
            program: found.map(|path| path.display().to_string()).unwrap_or_default(),
            rules: server.rulebook.origin(&kind),
            hooks: hook::KINDS.contains(&kind.as_str()),
            resumes: launch::resumes(&kind),
            kind,
        }
    };
    server.rulebook.kinds().into_iter().map(of).collect()
}

/// The version of a program as the files around it tell: it is not run, which takes seconds with some.
fn version(program: &Path) -> Option<String> {
    /// A package's folder is so many folders above its program, at most.
    const ABOVE: usize = 5;
    let real = fs::canonicalize(program).ok()?;
    let is_version = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.') && text.len() <= 40
    };
    // `…/claude/versions/2.1.0`
    let mut parts = real.iter().filter_map(OsStr::to_str);
    if parts.by_ref().any(|part| part == "versions")
        && let Some(version) = parts.next().filter(|text| is_version(text))
    {
        return Some(version.to_owned());
    }
    let package = real.ancestors().skip(1).take(ABOVE).map(|folder| folder.join("package.json"));
    let text = package.into_iter().find_map(|file| fs::read_to_string(file).ok())?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    package["version"].as_str().filter(|text| is_version(text)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_by_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        assert_eq!(version(&make("share/claude/versions/2.1.0", "")).as_deref(), Some("2.1.0"));
        make("lib/x/package.json", "{\"version\": \"0.61.0\"}");
        let program = make("lib/x/dist/bin/x.js", "");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(program, &link).unwrap();
        assert_eq!(version(&link).as_deref(), Some("0.61.0"));
        assert_eq!(version(&make("y/bin/x", "")), None);
    }
}
