//! The rest of a sling to another host, once the work is on the hook here.

use std::process::ExitCode;

use towline_dispatch::panes;
use towline_dispatch::remote::{self, Outcome, Wanted};
use towline_dispatch::sling::{Said, Slung};
use towline_ledger::{Ledgers, Role};

use super::place::Where;
use crate::commands::{host, spawn};
use crate::context::Context;
use crate::error::CommandError;
use crate::quote::shell_quoted;
use crate::{output, work};

/// Gets the work to the worker's host: branch, worktree, ledger, pane, nudge. Each step can be done again. With the host away the
/// work stays on the hook, and goes there when it is back. `quiet`: nothing but the result goes to standard output.
///
/// # Errors
/// What failed, with what is done already.
pub(crate) async fn sling(
    context: &Context,
    ledgers: &Ledgers,
    slung: &Slung,
    place: &Where,
    prompt: &str,
    quiet: bool,
) -> Result<ExitCode, CommandError> {
    let town = work::town(ledgers)?;
    let alias = place.host.as_deref().unwrap_or_default();
    let host = host::host(&host::hosts(context)?, alias)?;
    let worker = &slung.target;
    if worker.role() != Role::Polecat {
        let message = format!(
            "{} is on the hook, but {worker} works on this machine: only polecats work on other hosts",
            slung.id
        );
        let hint = format!("tow sling {} {worker} --host local", shell_quoted(&slung.id));
        return Err(CommandError::failed(message).hint(hint));
    }
    let env = vec![format!("TOWLINE_ROLE={worker}").into(), format!("BD_ACTOR={worker}").into()];
    let name = panes::name_of(worker, town);
    let wanted = Wanted {
        options: context.dial_options()?,
        town,
        worker,
        issue: &slung.id,
        spawn: spawn::on_host(context, &host.alias, place.preset.clone(), name, env)?,
        prompt,
        settings: &work::settings()?,
        host,
    };
    let connection = context.connect().await.map_err(|error| error.message);
    let again =
        format!("tow sling {} {worker} --host {}", shell_quoted(&slung.id), shell_quoted(alias));
    let mut lines = Ok(());
    let mut say = |said| match said {
        Said::Line(text) if !quiet && lines.is_ok() => {
            lines = output::line(output::one_line(&text))
        }
        Said::Line(text) | Said::Remark(text) => context.say(output::one_line(&text)),
    };
    let outcome = remote::sling(context.paths()?, wanted, connection, &mut say).await;
    lines?;
    match outcome {
        Ok(Outcome::Done) => Ok(ExitCode::SUCCESS),
        Ok(Outcome::Away { why, hints }) => {
            let line = format!(
                "○ {alias} is away (the work stays hooked, and goes there when it is back): {why}"
            );
            match quiet {
                true => context.say(output::one_line(&line)),
                false => output::line(output::one_line(&line))?,
            }
            hints.iter().for_each(|hint| context.say(format_args!("hint: {hint}")));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(CommandError::from(error).hint(format!("{again}    goes on from there"))),
    }
}
