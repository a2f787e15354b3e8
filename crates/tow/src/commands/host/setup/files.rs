//! A first copy of what agents know of their user.

use std::time::Duration;

use super::super::remote::{self, Script};
use super::{Outcome, Setup, Step};
use crate::error::CommandError;

const STEP: &str = "settings";

const FILE: &str = include_str!("file.sh");

/// The files, in the home folder. Once they are there, they are the host's own.
const FILES: [&str; 2] = [".claude/CLAUDE.md", ".claude/settings.json"];

/// How long one file may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Offers to copy the files that are here and not there.
pub(super) async fn run(setup: &mut Setup<'_>) {
    let home = std::env::home_dir().unwrap_or_default();
    for name in FILES {
        // Who has no such file has nothing to copy.
        let Ok(content) = std::fs::read(home.join(name)) else { continue };
        let step = copy(setup, name, &content).await;
        setup.came_to(step.unwrap_or_else(|error| Step::failed(STEP, error)));
    }
}

async fn copy(setup: &Setup<'_>, name: &str, content: &[u8]) -> Result<Step, CommandError> {
    let alias = &setup.host.alias;
    Ok(match script(setup, "look", name, content).await?.trim() {
        "same" => Step::new(STEP, Outcome::Already, format!("~/{name} is the same there")),
        "missing" => match setup.answers.yes(&format!("copy ~/{name} to {alias}?")) {
            true => {
                script(setup, "put", name, content).await?;
                Step::new(STEP, Outcome::Done, format!("~/{name} copied"))
            }
            false => Step::new(STEP, Outcome::Skipped, format!("~/{name} is not there"))
                .hint(format!("tow host setup {alias} --yes")),
        },
        _ => {
            let message = format!("~/{name} is another one there: left as it is");
            Step::new(STEP, Outcome::Already, message)
        }
    })
}

async fn script(
    setup: &Setup<'_>,
    what: &str,
    name: &str,
    content: &[u8],
) -> Result<String, CommandError> {
    let script = Script::new(FILE, DEADLINE).arguments([what, name]);
    let script = Script { input: content, ..script };
    let ran = remote::run(&setup.host, &setup.options, &script, |_| {}).await?;
    ran.succeeded(&format!("cannot copy ~/{name}"))
}
