//! What ends processes when their user logs out, where systemd runs.

use std::path::Path;

use super::finding::Finding;

/// Where the settings lie, the later ones counting more; each may have a folder `.d` beside it.
const FOLDERS: [&str; 3] = ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"];

/// Looks at this user's login.
pub(super) fn check() -> Vec<Finding> {
    // sd_booted(3): the folder is there if and only if systemd is the init of this system.
    if !Path::new("/run/systemd/system").is_dir() {
        return vec![Finding::of("logout").ok("no systemd here: logging out ends nothing")];
    }
    let user = user_name();
    let linger =
        user.as_ref().is_some_and(|user| Path::new("/var/lib/systemd/linger").join(user).exists());
    let manager = user_manager();
    vec![judge_manager(manager), judge_logout(kill_user_processes(&settings()), linger, manager)]
}

fn user_name() -> Option<String> {
    let me = rustix::process::getuid().as_raw().to_string();
    // Users of directories that are not in the file have the variable.
    let listed = std::fs::read_to_string("/etc/passwd").ok().and_then(|text| name_of(&text, &me));
    listed.or_else(|| std::env::var("USER").ok())
}

fn name_of(passwd: &str, uid: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

/// Whether this user's systemd answers.
fn user_manager() -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
    Path::new(&runtime).join("systemd/private").exists()
}

/// The texts of all settings of logind, in the order they count.
fn settings() -> Vec<String> {
    let mut texts = Vec::new();
    for folder in FOLDERS {
        texts.extend(std::fs::read_to_string(format!("{folder}/logind.conf")).ok());
    }
    for folder in FOLDERS {
        let entries =
            std::fs::read_dir(format!("{folder}/logind.conf.d")).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.sort();
        texts.extend(files.iter().filter_map(|file| std::fs::read_to_string(file).ok()));
    }
    texts
}

/// The value of `KillUserProcesses`; systemd's own default is no.
pub(crate) fn kill_user_processes(texts: &[String]) -> bool {
    let lines = texts.iter().flat_map(|text| text.lines());
    let mut values = lines.rev().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "KillUserProcesses").then(|| value.trim())
    });
    values.next().is_some_and(|value| {
        ["yes", "true", "on", "1", "y", "t"].iter().any(|yes| yes.eq_ignore_ascii_case(value))
    })
}

fn judge_manager(manager: bool) -> Finding {
    let finding = Finding::of("user manager");
    match manager {
        true => finding.ok("answers: server and holders get units of their own"),
        false => finding.warning("none: server and holders stay in the session that started them"),
    }
}

/// What logging out does to panes.
pub(crate) fn judge_logout(kills: bool, linger: bool, manager: bool) -> Finding {
    let finding = Finding::of("logout");
    match (linger, kills, manager) {
        (true, ..) => finding.ok("lingering is on: panes outlive logging out"),
        (false, true, _) => finding
            .failed("KillUserProcesses=yes and no lingering: logging out ends all panes")
            .fix("loginctl enable-linger"),
        (false, false, true) => finding
            .warning("no lingering: panes end with your last session")
            .fix("loginctl enable-linger"),
        (false, false, false) => finding.ok("KillUserProcesses=no: panes outlive logging out"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn the_last_setting_counts() {
        for (texts, expected) in [
            (vec![], false),
            (vec!["[Login]\n#KillUserProcesses=yes\n"], false),
            (vec!["[Login]\nKillUserProcesses=yes\n"], true),
            (vec!["[Login]\n KillUserProcesses = Yes \n"], true),
            (vec!["KillUserProcesses=yes", "KillUserProcesses=no"], false),
        ] {
            let owned: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(kill_user_processes(&owned), expected, "{texts:?}");
        }
    }

    #[test]
    fn what_ends_panes_at_logout_is_told() {
        for (kills, linger, manager, expected) in [
            (true, true, true, Status::Ok),
            (true, false, true, Status::Failed),
            (true, false, false, Status::Failed),
            (false, false, true, Status::Warning),
            (false, false, false, Status::Ok),
        ] {
            assert_eq!(judge_logout(kills, linger, manager).status, expected);
        }
    }

    #[test]
    fn a_user_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n";
        assert_eq!(name_of(passwd, "1000").as_deref(), Some("me"));
        assert_eq!(name_of(passwd, "100"), None);
    }
}
