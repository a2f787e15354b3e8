//! What a host has, as its probe tells.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use towline_client::transport::FIND_PROGRAM;

/// The script that looks.
pub(super) fn probe() -> String {
    format!("{FIND_PROGRAM}\n{}", include_str!("probe.sh"))
}

/// What a host has.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Facts {
    /// The round trip.
    #[serde(rename = "rtt_ms", serialize_with = "milliseconds")]
    pub(crate) rtt: Option<Duration>,
    /// `Linux`, `Darwin`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) system: String,
    /// As `uname -m` has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) machine: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) home: String,
    /// The login shell.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) shell: String,
    /// The first line that a login prints though nobody reads it.
    pub(crate) noise: Option<String>,
    /// The login shell tells its environment in time.
    pub(crate) login_shell_answers: bool,
    pub(crate) tow: Option<Program>,
    /// A command given to ssh finds it, too.
    pub(crate) tow_on_path: bool,
    pub(crate) server: Option<Server>,
    /// What its own `tow doctor` found that is not all right.
    #[serde(skip)]
    pub(crate) doctor: Vec<Told>,
    pub(crate) tmux: Option<Program>,
    pub(crate) git: Option<String>,
    pub(crate) ssh: Option<String>,
    /// Where mosh's server is.
    pub(crate) mosh: Option<String>,
    pub(crate) agents: Vec<Agent>,
    /// Whether the folder of projects is there; none where there is none in the list.
    pub(crate) projects_there: Option<bool>,
    pub(crate) disk_free_bytes: Option<u64>,
    /// Whether the user lingers; none where there is no systemd.
    pub(crate) linger: Option<bool>,
    /// Whether the user's systemd answers.
    pub(crate) user_manager: bool,
    /// The lines of logind's configuration that decide what a logout ends.
    #[serde(skip)]
    pub(crate) logind: Vec<String>,
    /// How many sessions sshd lets a connection have, where its configuration says.
    pub(crate) max_sessions: Option<u32>,
}

/// A program on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Program {
    pub(crate) path: String,
    pub(crate) version: String,
}

/// A server that runs there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Server {
    pub(crate) version: String,
    pub(crate) panes: u64,
    /// The versions of the protocol that it speaks.
    pub(crate) protocol: (u32, u32),
    pub(crate) degraded: Vec<String>,
}

/// What a `tow doctor` there found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
}

/// An agent that was found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Agent {
    pub(crate) kind: String,
    pub(crate) path: String,
    /// None where that can't be told without starting it.
    pub(crate) logged_in: Option<bool>,
}

impl Facts {
    /// Takes what the probe printed; `None` where it did not come to its end.
    pub(super) fn parse(output: &str) -> Option<Self> {
        let mut facts = Self::default();
        let (mut tow, mut tmux) = (None, None);
        let mut complete = false;
        for (key, value) in output.lines().filter_map(|line| line.split_once('\t')) {
            let text = || clean(value);
            match key {
                "system" => facts.system = text(),
                "machine" => facts.machine = text(),
                "home" => facts.home = text(),
                "shell" => facts.shell = text(),
                "login" => facts.login_shell_answers = value == "yes",
                "tow" => tow = Some(text()),
                "tmux" => tmux = Some(text()),
                "tow_version" => facts.tow = program(&mut tow, value),
                "tmux_version" => facts.tmux = program(&mut tmux, value),
                "on_path" => facts.tow_on_path = value == "yes",
                "server" => facts.server = server(value),
                "doctor" => facts.doctor = doctor(value),
                "git" => facts.git = Some(version(value)),
                "ssh" => facts.ssh = Some(version(value)),
                "mosh" => facts.mosh = Some(text()),
                "agent" => facts.agents.extend(agent(value)),
                "projects" => facts.projects_there = Some(value == "yes"),
                "disk_free_kib" => {
                    facts.disk_free_bytes =
                        value.parse().ok().map(|kib: u64| kib.saturating_mul(1024));
                }
                "linger" => facts.linger = Some(value == "yes"),
                "manager" => facts.user_manager = value == "yes",
                "logind" => facts.logind.push(text()),
                "max_sessions" => facts.max_sessions = value.parse().ok(),
                "end" => complete = true,
                _ => {}
            }
        }
        complete.then_some(facts)
    }
}

fn clean(value: &str) -> String {
    value.trim().chars().filter(|c| !c.is_control()).collect()
}

fn program(path: &mut Option<String>, line: &str) -> Option<Program> {
    Some(Program { path: path.take()?, version: version(line) })
}

/// The version in a line such as `tmux 3.3a`, `git version 2.39.5 (…)` or `OpenSSH_9.2p1 Debian-2, …`; the line where
/// there is none.
fn version(line: &str) -> String {
    let line = clean(line);
    let begins = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let words = line.split([' ', '_', ',']).map(|word| word.trim_start_matches("next-"));
    words.clone().find(begins).map_or(line.clone(), str::to_owned)
}

/// What `tow server status --json` says.
fn server(json: &str) -> Option<Server> {
    let status: serde_json::Value = serde_json::from_str(json).ok()?;
    if !status["running"].as_bool()? {
        return None;
    }
    let number = |key: &str| status[key].as_u64().and_then(|number| u32::try_from(number).ok());
    let degraded = status["degraded"].as_array().cloned().unwrap_or_default();
    Some(Server {
        version: clean(status["version"].as_str()?),
        panes: status["panes"].as_u64().unwrap_or(0),
        protocol: (number("protocol_min").unwrap_or(0), number("protocol_max").unwrap_or(0)),
        degraded: degraded.iter().filter_map(|fault| fault.as_str()).map(clean).collect(),
    })
}

/// What `tow doctor --json` finds fault with.
fn doctor(json: &str) -> Vec<Told> {
    #[derive(Deserialize)]
    struct Report {
        checks: Vec<Told>,
    }
    let report = serde_json::from_str(json).unwrap_or(Report { checks: Vec::new() });
    let clean = |told: Told| Told {
        message: clean(&told.message),
        fix: told.fix.as_deref().map(clean),
        ..told
    };
    report.checks.into_iter().filter(|told| told.status != "ok").map(clean).collect()
}

/// `KIND yes|no|unknown PATH`.
fn agent(value: &str) -> Option<Agent> {
    let mut words = value.splitn(3, ' ');
    let (kind, login, path) = (words.next()?, words.next()?, words.next()?);
    let logged_in = match login {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    Some(Agent { kind: clean(kind), path: clean(path), logged_in })
}

fn milliseconds<S: Serializer>(rtt: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    rtt.map(|rtt| (rtt.as_secs_f64() * 1e5).round() / 1e2).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_probe_prints_is_taken_apart() {
        let output = "noise without a tab\nsystem\tLinux\nmachine\tx86_64\nhome\t/home/me\nshell\t/bin/bash\nlogin\tyes\n\
            tow\t/home/me/.local/bin/tow\ntow_version\ttow 0.1.0\non_path\tyes\n\
            server\t{ \"running\": true, \"version\": \"0.0.9\", \"panes\": 3, \"protocol_min\": 1, \"protocol_max\": 2, \"degraded\": [\"disk\"] }\n\
            doctor\t{\"ok\":true,\"checks\":[{\"name\":\"store\",\"status\":\"ok\",\"message\":\"x\"},{\"name\":\"holders\",\"status\":\"warning\",\"message\":\"stray\",\"fix\":\"kill 5\"}]}\n\
            tmux\t/usr/bin/tmux\ntmux_version\ttmux 3.3a\ngit\tgit version 2.39.5 (x)\nssh\tOpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0\n\
            agent\tclaude yes /usr/bin/claude\nagent\topencode unknown /opt/a b/opencode\nagent\tcodex no /c\n\
            projects\tno\ndisk_free_kib\t2048\nlinger\tno\nmanager\tyes\nlogind\tKillUserProcesses=yes\n\
            max_sessions\t10\nnew\tfrom a newer probe\nend\tyes\n";
        let facts = Facts::parse(output).unwrap();
        let agent = |kind: &str, path: &str, logged_in| Agent {
            kind: kind.into(),
            path: path.into(),
            logged_in,
        };
        let program = |path: &str, version: &str| {
            Some(Program { path: path.into(), version: version.into() })
        };
        let expected = Facts {
            system: "Linux".into(),
            machine: "x86_64".into(),
            home: "/home/me".into(),
            shell: "/bin/bash".into(),
            login_shell_answers: true,
            tow: program("/home/me/.local/bin/tow", "0.1.0"),
            server: Some(Server {
                version: "0.0.9".into(),
                panes: 3,
                protocol: (1, 2),
                degraded: vec!["disk".into()],
            }),
            tow_on_path: true,
            doctor: vec![Told {
                name: "holders".into(),
                status: "warning".into(),
                message: "stray".into(),
                fix: Some("kill 5".into()),
            }],
            tmux: program("/usr/bin/tmux", "3.3a"),
            git: Some("2.39.5".into()),
            ssh: Some("9.2p1".into()),
            agents: vec![
                agent("claude", "/usr/bin/claude", Some(true)),
                agent("opencode", "/opt/a b/opencode", None),
                agent("codex", "/c", Some(false)),
            ],
            projects_there: Some(false),
            disk_free_bytes: Some(2 << 20),
            linger: Some(false),
            user_manager: true,
            logind: vec!["KillUserProcesses=yes".into()],
            max_sessions: Some(10),
            ..Facts::default()
        };
        assert_eq!(facts, expected);
    }

    #[test]
    fn a_probe_that_was_cut_off_tells_nothing() {
        assert_eq!(Facts::parse("system\tLinux\n"), None);
        assert_eq!(Facts::parse(""), None);
    }

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (line, expected) in [
            ("tow 0.1.0", "0.1.0"),
            ("tmux 3.3a", "3.3a"),
            ("tmux next-3.6", "3.6"),
            ("tmux master", "tmux master"),
            ("OpenSSH_9.6p1, LibreSSL 3.3.6", "9.6p1"),
            ("", ""),
        ] {
            assert_eq!(version(line), expected);
        }
    }

    #[test]
    fn this_machine_can_be_probed() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("src")).unwrap();
        let bin = home.path().join(".local/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let claude = bin.join("claude");
        std::fs::write(&claude, "#!/bin/sh\n").unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&claude, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(home.path().join(".profile"), "export OPENAI_API_KEY=x\n").unwrap();
        let output = std::process::Command::new("sh")
            .args(["-c", &probe(), "sh", "~/src", "no-such-tow", "", "claude", "no-such-agent"])
            .env_clear()
            .env("HOME", home.path())
            .env("SHELL", "/bin/sh")
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let facts = Facts::parse(&String::from_utf8_lossy(&output.stdout)).unwrap();
        assert!(facts.login_shell_answers);
        assert_eq!(facts.projects_there, Some(true));
        assert_eq!(facts.tow, None);
        let path = claude.to_string_lossy().into_owned();
        assert_eq!(facts.agents, [Agent { kind: "claude".into(), path, logged_in: Some(false) }]);
        assert!(facts.disk_free_bytes.is_some_and(|bytes| bytes > 0));
    }
}
