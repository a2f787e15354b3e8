//! `tow integrate`: Towline's hooks in the user's own settings of an agent, for agents that are started by hand in a pane.

mod files;
mod record;

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use towline_agents::integrate::{self, Edit, Files, Place, Refused, Wanted};

use crate::context::Context;
use crate::error::{CommandError, ErrorKind};
use crate::output;
use crate::table::{Align, Cell, Table, terminal_width};

/// The end of the verb's help.
pub(crate) const EXAMPLES: &str =
    "Agents that Towline starts itself need none of this, but for Gemini CLI.
Outside a pane these hooks do nothing. Claude Code gets others beside them by which it learns of its work, in a pane or not:
tow prime at the start of a session, tow mail check with each prompt. They say nothing where there is no ledger.

Examples:
  tow integrate                    which agents tell by hooks of their own
  tow integrate claude --dry-run   what would be changed, and where
  tow integrate claude
  tow integrate claude --no-work   without tow prime and mail
  tow integrate claude --undo      the settings as they were before";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The kind of agent: claude, codex, gemini, opencode
    kind: Option<String>,

    /// Take the hooks out again
    #[arg(long, requires = "kind")]
    undo: bool,

    /// Without the hooks by which Claude Code learns of its work: tow prime and tow mail check
    #[arg(long, requires = "kind", conflicts_with = "undo")]
    no_work: bool,

    /// Show what would be changed, and change nothing
    #[arg(long, requires = "kind")]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A kind of agent, and whether its settings have the hooks.
#[derive(Debug, Serialize)]
struct KindJson<'a> {
    kind: &'a str,
    /// `null`: its files can't be understood.
    integrated: Option<bool>,
    files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What was changed, or would be.
#[derive(Debug, Serialize)]
struct ChangedJson<'a> {
    kind: &'a str,
    integrated: bool,
    dry_run: bool,
    changed: Vec<FileJson>,
}

#[derive(Debug, Serialize)]
struct FileJson {
    file: String,
    /// made, changed, removed.
    what: &'static str,
}

/// Runs the verb.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, CommandError> {
    let place = place()?;
    let Some(kind) = args.kind.as_deref() else {
        list(context, &place, args.json)?;
        return Ok(ExitCode::SUCCESS);
    };
    if !integrate::KINDS.contains(&kind) {
        return Err(unknown(kind));
    }
    let record = record::path(context.paths()?, kind);
    let files = files::read(&integrate::files(kind, &place))?;
    let recorded = record::read(&record);
    let edits = match args.undo {
        true => undo(kind, &place, &files, &recorded)?,
        false => integrate::put(kind, &place, &files, &program()?, Wanted { work: !args.no_work })?,
    };
    if args.dry_run || edits.is_empty() {
        tell(context, kind, &args, &edits)?;
        return Ok(ExitCode::SUCCESS);
    }
    let made = files::write(&edits)?;
    let outcome = match args.undo {
        true => {
            files::remove_folders(&recorded.folders);
            record::remove(&record)
        }
        false => {
            let clean = clean(kind, &place, &files, &recorded)?;
            record::write(&record, recorded.after(&edits, &clean, made))
        }
    };
    if let Err(error) = outcome {
        // It can be undone without, though not to the last blank.
        context.say(format_args!("warning: {} can't be written: {error}", record.display()));
    }
    tell(context, kind, &args, &edits)?;
    Ok(ExitCode::SUCCESS)
}

/// What brings the files back: to the byte, where they are as they were left; else only what is ours is taken out.
fn undo(
    kind: &str,
    place: &Place,
    files: &Files,
    recorded: &record::Record,
) -> Result<Vec<Edit>, CommandError> {
    // Those that can be restored to the byte need not be understood.
    let others: Files = files
        .iter()
        .filter(|(path, text)| recorded.before(path, text).is_none())
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    let restored = files.iter().filter_map(|(path, text)| {
        let after = recorded.before(path, text)?.map(str::to_owned);
        Some(Edit { path: path.clone(), before: Some(text.clone()), after })
    });
    let mut edits: Vec<Edit> = restored.collect();
    edits.extend(integrate::take(kind, place, &others)?);
    Ok(edits)
}

/// The files without hooks of ours, as they were before the first.
fn clean(
    kind: &str,
    place: &Place,
    files: &Files,
    recorded: &record::Record,
) -> Result<Files, CommandError> {
    let mut clean = files.clone();
    for edit in undo(kind, place, files, recorded)? {
        match edit.after {
            Some(text) => drop(clean.insert(edit.path, text)),
            None => drop(clean.remove(&edit.path)),
        }
    }
    Ok(clean)
}

/// Where this user keeps settings.
fn place() -> Result<Place, CommandError> {
    let environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let home = home.ok_or_else(|| {
        CommandError::usage("there is no HOME: it is not known whose settings are meant")
    })?;
    Ok(Place { home: home.into(), environment })
}

/// This program, as hooks call it.
fn program() -> Result<std::path::PathBuf, CommandError> {
    let doing = "cannot tell where tow is";
    let path = std::env::current_exe().map_err(|error| CommandError::io(doing, &error))?;
    match path.exists() {
        true => Ok(path),
        false => Err(CommandError::failed(format!("{doing}: another one was put in its place"))),
    }
}

fn unknown(kind: &str) -> CommandError {
    let message = match towline_agents::KINDS.contains(&kind) {
        true => format!("{kind} has no hooks that Towline understands"),
        false => format!("no agent is called {kind:?}"),
    };
    CommandError::usage(message).hint(format!("it is one of {}", integrate::KINDS.join(", ")))
}

impl From<Refused> for CommandError {
    fn from(refused: Refused) -> Self {
        Self::new(ErrorKind::Failed, refused.to_string()).hint("nothing was changed")
    }
}

fn list(context: &Context, place: &Place, json: bool) -> Result<(), CommandError> {
    let kinds: Vec<KindJson<'_>> = integrate::KINDS
        .into_iter()
        .map(|kind| {
            let paths = integrate::files(kind, place);
            let files = files::read(&paths);
            let there = files.and_then(|files| Ok(integrate::is_there(kind, place, &files)?));
            KindJson {
                kind,
                files: paths.iter().map(|path| path.display().to_string()).collect(),
                integrated: there.as_ref().ok().copied(),
                error: there.err().map(|error| error.message),
            }
        })
        .collect();
    if json {
        return output::json(&kinds);
    }
    const COLUMNS: [(&str, Align); 3] =
        [("AGENT", Align::Left), ("INTEGRATED", Align::Left), ("FILE", Align::Left)];
    let mut table = Table::new(&COLUMNS);
    for kind in &kinds {
        let word = match kind.integrated {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let file = kind.error.clone().or_else(|| kind.files.first().cloned()).unwrap_or_default();
        table.row([kind.kind, word, &file].map(Cell::plain).into());
    }
    let (width, colors) = (terminal_width(), context.colors());
    output::line(table.lines(width, colors).join("\n"))
}

/// Says what was done, or would be.
fn tell(context: &Context, kind: &str, args: &Args, edits: &[Edit]) -> Result<(), CommandError> {
    if args.json {
        let changed = |edit: &Edit| FileJson {
            file: edit.path.display().to_string(),
            what: match (&edit.before, &edit.after) {
                (None, _) => "made",
                (_, None) => "removed",
                _ => "changed",
            },
        };
        return output::json(&ChangedJson {
            kind,
            integrated: args.undo == (args.dry_run && !edits.is_empty()),
            dry_run: args.dry_run,
            changed: edits.iter().map(changed).collect(),
        });
    }
    for edit in edits {
        output::print(shown(edit))?;
    }
    context.say(match (edits.is_empty(), args.undo, args.dry_run) {
        (true, false, _) => format!("{kind}: the hooks are there already"),
        (true, true, _) => format!("{kind}: there are no hooks of Towline's"),
        (false, _, true) => "nothing was changed: this is what would be".to_owned(),
        (false, false, false) => {
            format!(
                "{kind} tells from its next start on; tow integrate {kind} --undo takes it back"
            )
        }
        (false, true, false) => format!("{kind}: the hooks are gone"),
    });
    Ok(())
}

/// A change as people read it: the lines that go and those that come.
fn shown(edit: &Edit) -> String {
    let lines = |text: &Option<String>| -> Vec<String> {
        text.as_deref().unwrap_or_default().lines().map(str::to_owned).collect()
    };
    let (before, after) = (lines(&edit.before), lines(&edit.after));
    let same = |(one, other): &(&String, &String)| one == other;
    let head = before.iter().zip(&after).take_while(same).count();
    let rest = before.iter().skip(head).rev().zip(after.iter().skip(head).rev());
    let tail = rest.take_while(same).count();
    let what = match (&edit.before, &edit.after) {
        (None, _) => "is made",
        (_, None) => "is removed",
        _ => "is changed",
    };
    let at = if head > 0 { format!(", from line {}", head + 1) } else { String::new() };
    let mut text = format!("{} {what}{at}:\n", display(&edit.path));
    let part = |lines: &[String], sign: char| -> String {
        let end = lines.len() - tail;
        lines[head..end].iter().map(|line| format!("{sign} {}\n", output::one_line(line))).collect()
    };
    text.push_str(&part(&before, '-'));
    text.push_str(&part(&after, '+'));
    text
}

fn display(path: &Path) -> String {
    output::one_line(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_change_are_shown() {
        let edit = |before: Option<&str>, after: Option<&str>| Edit {
            path: "/x".into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        for (edit, expected) in [
            (
                edit(Some("a\nb\nc\n"), Some("a\nx\ny\nc\n")),
                "/x is changed, from line 2:\n- b\n+ x\n+ y\n",
            ),
            (edit(None, Some("a\n")), "/x is made:\n+ a\n"),
            (edit(Some("a\n"), None), "/x is removed:\n- a\n"),
            (edit(Some("a\na\n"), Some("a\na\na\n")), "/x is changed, from line 3:\n+ a\n"),
        ] {
            assert_eq!(shown(&edit), expected);
        }
    }
}
