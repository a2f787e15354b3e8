//! A unit of systemd that runs the server from boot on, with lingering so that a logout ends nothing.

use std::time::Duration;

use super::super::remote::{self, Script};
use super::{Outcome, Setup, Step};

const STEP: &str = "unit";

const UNIT: &str = include_str!("unit.sh");

/// How long it may take: the server there is stopped and started.
const DEADLINE: Duration = Duration::from_secs(90);

/// Offers the unit where systemd runs and there is a tow.
pub(super) async fn run(setup: &mut Setup<'_>) {
    let step = step(setup).await;
    setup.came_to(step);
}

async fn step(setup: &Setup<'_>) -> Step {
    let skipped = |message: &str| Step::new(STEP, Outcome::Skipped, message);
    let Some(tow) = &setup.facts.tow else { return skipped("there is no tow to run") };
    if setup.facts.linger.is_none() {
        return skipped("no systemd there: see docs/always-on.md");
    }
    let alias = &setup.host.alias;
    let question = format!("have systemd on {alias} run the server from boot on, with lingering?");
    if !setup.answers.yes(&question) {
        return skipped("the first command after a boot starts the server")
            .hint(format!("tow host setup {alias} --yes"));
    }
    let text = text(&tow.path);
    let script = Script::new(UNIT, DEADLINE).arguments([&tow.path]);
    let script = Script { input: text.as_bytes(), ..script };
    let ran = remote::run(&setup.host, &setup.options, &script, |_| {}).await;
    match ran.and_then(|ran| ran.succeeded("cannot set up the unit")) {
        Ok(same) if same.trim() == "yes" => {
            Step::new(STEP, Outcome::Already, "towline.service is enabled, with lingering")
        }
        Ok(_) => Step::new(STEP, Outcome::Done, "towline.service runs, with lingering"),
        Err(error) => Step::failed(STEP, error),
    }
}

/// The unit. `KillMode=process`: the panes are not the server's to end; `docs/always-on.md` shows the same.
fn text(tow: &str) -> String {
    // systemd expands `%` and, in double quotes, backslashes.
    let tow = tow.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!(
        "[Unit]\nDescription=Towline: keeps coding agents running\n\n\
         [Service]\nExecStart=\"{tow}\" server run\nRestart=on-failure\nKillMode=process\nOOMPolicy=continue\n\n\
         [Install]\nWantedBy=default.target\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_shows_the_same_unit() {
        let shown = include_str!("../../../../../../docs/always-on.md");
        let text = text("%h/.local/bin/tow").replace("\"%%h/.local/bin/tow\"", "%h/.local/bin/tow");
        assert!(shown.contains(&text), "{text}");
    }

    #[test]
    fn the_unit_is_written_enabled_and_started_in_place_of_the_server_that_runs() {
        use std::io::Write;
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let calls = home.path().join("calls");
        for name in ["systemctl", "loginctl", "tow"] {
            let path = home.path().join(name);
            // It is enabled once it was enabled, and never active.
            let script = format!(
                "#!/bin/sh\ncase $* in *is-enabled*) grep -q 'enable tow' {0}; exit;; *is-active*) exit 3;; esac\n\
                 echo {name} $* >>{0}\n",
                calls.display()
            );
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let tow = home.path().join("tow");
        let run = || {
            let path = format!("{}:/usr/bin:/bin", home.path().display());
            let mut child = std::process::Command::new("sh")
                .args(["-c", UNIT, "sh"])
                .arg(&tow)
                .env_clear()
                .env("HOME", home.path())
                .env("PATH", path)
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(text("/t").as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(run(), "no\n");
        let unit = home.path().join(".config/systemd/user/towline.service");
        assert_eq!(std::fs::read_to_string(unit).unwrap(), text("/t"));
        let called = std::fs::read_to_string(&calls).unwrap();
        assert_eq!(
            called,
            "loginctl enable-linger\nsystemctl --user daemon-reload\nsystemctl --user -q enable towline.service\n\
             tow -q server stop\nsystemctl --user start towline.service\n"
        );
        assert_eq!(run(), "yes\n");
    }
}
