//! What is wrong with a host, by what it has.

use towline_client::hosts::{AttachBy, Backend, Host};
use towline_client::transport::ssh_words;

use super::facts::Facts;
use crate::commands::doctor::finding::Finding;
use crate::commands::doctor::login;
use crate::quote::shell_quoted;
use crate::size::bytes_in_words;

/// One connection carries a session of the server's, and at most four for tmux.
const SESSIONS: u32 = 5;

/// With less room on disk journals and agents soon have none.
const DISK_LOW: u64 = 1 << 30;

/// Judges a host that is reached by ssh. `own` is this program's version, `protocol` the versions of the protocol that
/// it speaks.
pub(super) fn judge(host: &Host, facts: &Facts, own: &str, protocol: (u32, u32)) -> Vec<Finding> {
    let mut findings = vec![reached(facts), noise(host, facts)];
    findings.push(login_shell(host, facts));
    findings.push(tow(host, facts, own));
    findings.extend(server(host, facts, protocol));
    findings.push(tmux(host, facts));
    findings.push(agents(host, facts));
    findings.extend(projects(host, facts));
    findings.extend(mosh(host, facts));
    findings.push(sessions(host, facts));
    findings.push(disk(host, facts));
    findings.extend(logout(host, facts));
    findings.extend(told(host, facts));
    findings
}

/// What a `tow doctor` there looks at that can't be seen from here.
const THERE: [&str; 6] =
    ["configuration", "state folder", "store", "holders", "pseudo-terminals", "open files"];

fn told(host: &Host, facts: &Facts) -> Vec<Finding> {
    let found = |told: &super::facts::Told| {
        let name = THERE.iter().find(|name| **name == told.name)?;
        let finding = Finding::of(name);
        let finding = match told.status.as_str() {
            "failed" => finding.failed(&told.message),
            _ => finding.warning(&told.message),
        };
        let fix = told.fix.as_ref().map(|fix| there(host, fix));
        Some(Finding { fix, ..finding })
    };
    facts.doctor.iter().filter_map(found).collect()
}

/// A command of that host, to be pasted here.
fn there(host: &Host, command: &str) -> String {
    format!("ssh {} {}", ssh_words(&host.address), shell_quoted(command))
}

/// The same for a command that may ask.
fn on_terminal(host: &Host, command: &str) -> String {
    format!("ssh -t {} {}", ssh_words(&host.address), shell_quoted(command))
}

fn reached(facts: &Facts) -> Finding {
    let rtt = facts
        .rtt
        .map_or_else(String::new, |rtt| format!(", round trip {:.1} ms", rtt.as_secs_f64() * 1e3));
    Finding::of("connection").ok(format!("{} {}{rtt}", facts.system, facts.machine))
}

fn noise(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("start-up files");
    match &facts.noise {
        None => finding.ok("print nothing where nobody reads it"),
        Some(line) => {
            let line = line.escape_debug();
            finding
                .warning(format!(
                    "print `{line}` where no terminal is: Towline skips it, rsync and scp may not"
                ))
                .fix(on_terminal(host, &format!("${{EDITOR:-vi}} {}", start_up_file(&facts.shell))))
        }
    }
}

/// The file that a shell reads for a command given to ssh.
fn start_up_file(shell: &str) -> &'static str {
    match shell.rsplit('/').next().unwrap_or(shell) {
        "bash" => "~/.bashrc",
        "zsh" => "~/.zshenv",
        "fish" => "~/.config/fish/config.fish",
        "csh" | "tcsh" => "~/.cshrc",
        _ => "~/.profile",
    }
}

fn login_shell(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("login shell");
    let shell = if facts.shell.is_empty() { "sh" } else { &facts.shell };
    match facts.login_shell_answers {
        true => finding.ok(shell),
        false => finding
            .warning(format!("{shell} -i -l does not tell its environment: panes get a plain PATH"))
            .fix(there(host, "$SHELL -i -l -c env")),
    }
}

fn tow(host: &Host, facts: &Facts, own: &str) -> Finding {
    let finding = Finding::of("tow");
    let install = || format!("tow host install {}", host.alias);
    match &facts.tow {
        Some(program) if program.version.is_empty() => {
            finding.failed(format!("{} does not run there", program.path)).fix(install())
        }
        Some(program) if program.version != own => finding
            .warning(format!("{} is {}, this one is {own}", program.path, program.version))
            .fix(format!("tow host upgrade {}", host.alias)),
        Some(program) => {
            let message = format!("{} {}", program.path, program.version);
            finding.ok(match facts.tow_on_path {
                true => message,
                false => {
                    let words = ssh_words(&host.address);
                    format!("{message} (`ssh {words} tow` does not find it there, Towline does)")
                }
            })
        }
        None if host.backend == Backend::Tmux => finding.ok("none, and none is wanted"),
        None if host.backend == Backend::Towline || facts.tmux.is_none() => {
            finding.failed("not found").fix(install())
        }
        None => finding.warning("not found: panes are those of tmux").fix(install()),
    }
}

fn server(host: &Host, facts: &Facts, protocol: (u32, u32)) -> Option<Finding> {
    let program = facts.tow.as_ref()?;
    let finding = Finding::of("server");
    let Some(server) = &facts.server else {
        return Some(finding.ok("does not run; the first command starts it"));
    };
    let restart = || there(host, &format!("{} server restart", shell_quoted(&program.path)));
    let (least, most) = server.protocol;
    // A server that does not tell is asked when it is connected to.
    if most > 0 && (most < protocol.0 || least > protocol.1) {
        let message = format!(
            "speaks the protocol {least} to {most}, this one {} to {}",
            protocol.0, protocol.1
        );
        return Some(finding.failed(message).fix(restart()));
    }
    if let Some(fault) = server.degraded.first() {
        return Some(finding.warning(format!("degraded: {fault}")).fix(restart()));
    }
    if server.version != program.version {
        let message =
            format!("runs as {}, {} is {}", server.version, program.path, program.version);
        return Some(finding.warning(message).fix(restart()));
    }
    Some(finding.ok(match server.panes {
        1 => "runs, 1 pane".to_owned(),
        panes => format!("runs, {panes} panes"),
    }))
}

fn tmux(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("tmux");
    match (&facts.tmux, host.backend) {
        (Some(program), _) => finding.ok(format!("{} {}", program.path, program.version)),
        (None, Backend::Tmux) => finding.failed("not found, and backend is tmux"),
        (None, _) => finding.ok("none"),
    }
}

fn agents(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("agents");
    let named = |agent: &super::facts::Agent| match agent.logged_in {
        Some(false) => format!("{} (not logged in)", agent.kind),
        _ => agent.kind.clone(),
    };
    let names = facts.agents.iter().map(named).collect::<Vec<_>>().join(", ");
    let out = facts.agents.iter().find(|agent| agent.logged_in == Some(false));
    let fix = |agent: &str| on_terminal(host, agent);
    match out {
        _ if facts.agents.is_empty() => {
            finding.warning("none on the PATH of a login shell: tow spawn starts a shell there")
        }
        Some(agent) => finding.warning(names).fix(fix(&shell_quoted(&agent.path))),
        None => finding.ok(names),
    }
}

fn projects(host: &Host, facts: &Facts) -> Option<Finding> {
    let finding = Finding::of("projects");
    let Some(folder) = &host.projects else {
        return Some(finding.ok("no folder is set: PROJECT names are paths there"));
    };
    Some(match facts.projects_there? {
        true => finding.ok(folder),
        false => {
            // A quoted `~` would be a folder of that name.
            let path = match folder.strip_prefix("~/") {
                Some(rest) => format!("~/{}", shell_quoted(rest)),
                None => shell_quoted(folder),
            };
            finding
                .failed(format!("no folder {folder} there"))
                .fix(there(host, &format!("mkdir -p {path}")))
        }
    })
}

fn mosh(host: &Host, facts: &Facts) -> Option<Finding> {
    if host.attach != AttachBy::Mosh {
        return None;
    }
    let finding = Finding::of("mosh");
    Some(match &facts.mosh {
        Some(path) => finding.ok(path),
        None => finding.warning("no mosh-server there: attach falls back to ssh"),
    })
}

/// A file of its own comes before the others, and the first value counts. Debian calls the unit `ssh`.
const MORE_SESSIONS: &str = "echo MaxSessions 10 | sudo tee /etc/ssh/sshd_config.d/00-towline.conf; \
    sudo systemctl reload sshd || sudo systemctl reload ssh";

fn sessions(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("sessions");
    match facts.max_sessions {
        Some(most) if most < SESSIONS => finding
            .failed(format!("sshd's MaxSessions is {most}; Towline needs {SESSIONS}"))
            .fix(on_terminal(host, MORE_SESSIONS)),
        Some(most) => finding.ok(format!("sshd's MaxSessions is {most}")),
        None => finding.ok("sshd's MaxSessions is at its default"),
    }
}

fn disk(host: &Host, facts: &Facts) -> Finding {
    let finding = Finding::of("disk");
    match facts.disk_free_bytes {
        Some(free) if free < DISK_LOW => {
            let message = format!("only {} free in the home folder", bytes_in_words(free));
            let clean = |tow: &super::facts::Program| {
                there(host, &format!("{} clean", shell_quoted(&tow.path)))
            };
            Finding { fix: facts.tow.as_ref().map(clean), ..finding.warning(message) }
        }
        Some(free) => finding.ok(format!("{} free", bytes_in_words(free))),
        None => finding.ok("not known"),
    }
}

fn logout(host: &Host, facts: &Facts) -> Option<Finding> {
    let linger = facts.linger?;
    let kills = login::kill_user_processes(&facts.logind);
    let finding = login::judge_logout(kills, linger, facts.user_manager);
    let fix = finding.fix.as_ref().map(|fix| there(host, fix));
    Some(Finding { fix, ..finding })
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Agent, Program, Server};
    use super::*;
    use crate::commands::doctor::finding::Status;
    use towline_client::hosts::Address;

    fn host() -> Host {
        Host::new("thor", Address::parse("ssh://mac@thor:2222").unwrap())
    }

    fn program(version: &str) -> Option<Program> {
        Some(Program { path: "/p".into(), version: version.into() })
    }

    fn server_of(version: &str, protocol: (u32, u32)) -> Option<Server> {
        Some(Server { version: version.into(), panes: 2, protocol, degraded: Vec::new() })
    }

    /// A host without faults.
    fn good() -> Facts {
        Facts {
            login_shell_answers: true,
            tow: program("1.0"),
            server: server_of("1.0", (1, 1)),
            tmux: program("3.3a"),
            agents: vec![Agent { kind: "claude".into(), path: "/c".into(), logged_in: Some(true) }],
            ..Facts::default()
        }
    }

    /// Each finding that is not all right: its name, status and fix.
    fn faults(host: &Host, facts: &Facts) -> Vec<(&'static str, Status, String)> {
        let findings = judge(host, facts, "1.0", (1, 1)).into_iter();
        let faults = findings.filter(|finding| finding.status != Status::Ok);
        faults.map(|it| (it.name, it.status, it.fix.unwrap_or_default())).collect()
    }

    #[test]
    fn a_good_host_has_no_faults() {
        assert_eq!(faults(&host(), &good()), []);
    }

    #[test]
    fn each_fault_has_a_fix() {
        use Status::{Failed, Warning};
        let stray = super::super::facts::Told {
            name: "holders".into(),
            status: "failed".into(),
            message: "stray".into(),
            fix: Some("kill 5".into()),
        };
        let cases: [(Host, Facts, &str, Status, &str); 18] = [
            (
                host(),
                Facts { doctor: vec![stray], ..good() },
                "holders",
                Failed,
                "ssh -p 2222 mac@thor 'kill 5'",
            ),
            (
                host(),
                Facts { tow: None, server: None, ..good() },
                "tow",
                Warning,
                "tow host install thor",
            ),
            (
                host(),
                Facts { tow: None, server: None, tmux: None, ..good() },
                "tow",
                Failed,
                "tow host install thor",
            ),
            (
                Host { backend: Backend::Towline, ..host() },
                Facts { tow: None, server: None, ..good() },
                "tow",
                Failed,
                "tow host install thor",
            ),
            (
                host(),
                Facts { tow: program(""), server: None, ..good() },
                "tow",
                Failed,
                "tow host install thor",
            ),
            (
                host(),
                Facts { tow: program("0.9"), server: None, ..good() },
                "tow",
                Warning,
                "tow host upgrade thor",
            ),
            (
                host(),
                Facts { server: server_of("0.9", (1, 1)), ..good() },
                "server",
                Warning,
                "ssh -p 2222 mac@thor '/p server restart'",
            ),
            (
                host(),
                Facts { server: server_of("1.0", (2, 3)), ..good() },
                "server",
                Failed,
                "ssh -p 2222 mac@thor '/p server restart'",
            ),
            (
                Host { backend: Backend::Tmux, ..host() },
                Facts { tmux: None, ..good() },
                "tmux",
                Failed,
                "",
            ),
            (host(), Facts { agents: Vec::new(), ..good() }, "agents", Warning, ""),
            (
                host(),
                Facts {
                    agents: vec![Agent {
                        kind: "codex".into(),
                        path: "/a b/codex".into(),
                        logged_in: Some(false),
                    }],
                    ..good()
                },
                "agents",
                Warning,
                r"ssh -t -p 2222 mac@thor ''\''/a b/codex'\'''",
            ),
            (
                Host { projects: Some("~/my src".into()), ..host() },
                Facts { projects_there: Some(false), ..good() },
                "projects",
                Failed,
                r"ssh -p 2222 mac@thor 'mkdir -p ~/'\''my src'\'''",
            ),
            (Host { attach: AttachBy::Mosh, ..host() }, good(), "mosh", Warning, ""),
            (
                host(),
                Facts { max_sessions: Some(2), ..good() },
                "sessions",
                Failed,
                "ssh -t -p 2222 mac@thor 'echo MaxSessions 10 | sudo tee /etc/ssh/sshd_config.d/00-towline.conf; \
                 sudo systemctl reload sshd || sudo systemctl reload ssh'",
            ),
            (
                host(),
                Facts { disk_free_bytes: Some(5), ..good() },
                "disk",
                Warning,
                "ssh -p 2222 mac@thor '/p clean'",
            ),
            (
                host(),
                Facts {
                    linger: Some(false),
                    logind: vec!["KillUserProcesses=yes".into()],
                    ..good()
                },
                "logout",
                Failed,
                "ssh -p 2222 mac@thor 'loginctl enable-linger'",
            ),
            (
                host(),
                Facts { noise: Some("hi".into()), ..good() },
                "start-up files",
                Warning,
                "ssh -t -p 2222 mac@thor '${EDITOR:-vi} ~/.profile'",
            ),
            (
                host(),
                Facts { login_shell_answers: false, ..good() },
                "login shell",
                Warning,
                "ssh -p 2222 mac@thor '$SHELL -i -l -c env'",
            ),
        ];
        for (host, facts, name, status, fix) in cases {
            assert_eq!(faults(&host, &facts), [(name, status, fix.to_owned())]);
        }
    }
}
