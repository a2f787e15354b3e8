//! `tow issue comment`: what is said about an issue.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use towline_ledger::{Comment, LedgerError, Lookup, time};

use crate::context::Context;
use crate::error::CommandError;
use crate::issue::line::Look;
use crate::issue::{input, many, page, warn};
use crate::output;
use crate::quote::controls_escaped;
use crate::table::folded;
use crate::work;

/// The end of the verb's help.
pub(super) const EXAMPLES: &str = "Examples:
  tow issue comment gt-abc \"the key has come\"
  make 2>&1 | tow issue comment gt-abc -
  tow issue comment gt-abc -f notes.txt
  tow issue comments gt-abc             shows what was said
  tow issue comments add gt-abc done";

/// What the verb takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issue, and what is to be said; without that, what was said is shown. `-` reads it from standard input
    #[arg(value_name = "ID TEXT", required = true)]
    words: Vec<String>,

    /// The file that has the text
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Asked<'a> {
    List(&'a str),
    Add(&'a str, String),
}

/// Runs the verb.
pub(super) fn run(context: &Context, args: &Args) -> Result<ExitCode, CommandError> {
    match asked(&args.words, args.file.is_some())? {
        Asked::List(issue) => list(context, issue, args.json),
        Asked::Add(issue, text) => {
            let text = match &args.file {
                Some(file) => input::file(file)?,
                None => input::text(&text)?,
            };
            add(context, issue, &text, args.json)
        }
    }
}

/// Reads the words: `[add|list] ID [TEXT…]`.
fn asked(words: &[String], has_file: bool) -> Result<Asked<'_>, CommandError> {
    let needs = |what: &str| {
        CommandError::usage(format!("{what} is needed")).hint("tow issue comment ID TEXT")
    };
    let (word, rest) = match words.split_first() {
        Some((first, rest)) if first == "add" || first == "list" => (first.as_str(), rest),
        _ => ("", words),
    };
    let (issue, text) = rest.split_first().ok_or_else(|| needs("an issue"))?;
    let text = text.join(" ");
    match (word, text.is_empty()) {
        ("list", true) => Ok(Asked::List(issue)),
        ("list", false) => {
            Err(CommandError::usage("to show what was said, only the issue is needed"))
        }
        ("", true) if !has_file => Ok(Asked::List(issue)),
        (_, true) if !has_file => Err(needs("a text")),
        (_, false) if has_file => Err(CommandError::usage("a text and a file at once")),
        _ => Ok(Asked::Add(issue, text)),
    }
}

fn add(
    context: &Context,
    issue: &str,
    text: &str,
    as_json: bool,
) -> Result<ExitCode, CommandError> {
    if text.trim().is_empty() {
        return Err(CommandError::usage("there is nothing to say"));
    }
    let ledgers = work::ledgers(context)?;
    let outcome = many::each(context, &ledgers, &[issue.to_owned()], |change, _, id| {
        let actor = change.actor().to_owned();
        let mut made = None;
        change.update(id, |issue, now| {
            made = Some(issue.add_comment(&actor, text, now));
            Ok::<_, LedgerError>(())
        })?;
        Ok((id.to_owned(), made))
    });
    for (id, comment) in &outcome.done {
        match (as_json, comment) {
            (true, Some(comment)) => output::json(&shape(id, comment))?,
            _ => output::line(format!("Comment added to {id}"))?,
        }
    }
    outcome.end()
}

fn list(context: &Context, issue: &str, as_json: bool) -> Result<ExitCode, CommandError> {
    let ledgers = work::ledgers(context)?;
    let (opened, id) = Lookup::new(&ledgers).locate(issue)?;
    warn(context, &opened);
    let issue = opened.issues.find(&id).map(|brief| brief.issue());
    let comments = issue.as_ref().map(|issue| issue.comments()).unwrap_or_default();
    if as_json {
        // As the file has them, with what isn't known here.
        let raw = issue.and_then(|issue| issue.to_json().remove("comments"));
        output::json(&raw.filter(Value::is_array).unwrap_or_else(|| json!([])))?;
        return Ok(ExitCode::SUCCESS);
    }
    if comments.is_empty() {
        context.say(format_args!("no comments on {id}"));
        return Ok(ExitCode::SUCCESS);
    }
    let look = Look::of(context);
    let mut text = format!("\nComments on {id}:\n\n");
    for comment in comments {
        let at = comment.created_at.map(page::when).unwrap_or_default();
        let author = controls_escaped(&comment.author);
        text += &format!("[{author}] at {at}\n");
        for line in comment.text.trim_end().lines() {
            text += folded("  ", &controls_escaped(line), look.width).trim_end();
            text.push('\n');
        }
        text.push('\n');
    }
    output::print(text)?;
    Ok(ExitCode::SUCCESS)
}

fn shape(issue: &str, comment: &Comment) -> Value {
    // A number before version 1 of beads, a text since.
    let id = comment.id.parse::<i64>().map_or_else(|_| json!(comment.id), |id| json!(id));
    json!({
        "id": id,
        "issue_id": issue,
        "author": comment.author,
        "text": comment.text,
        "created_at": comment.created_at.map(time::write),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_beads_and_people_say_them() {
        let add = |issue, text: &str| Some(Asked::Add(issue, text.to_owned()));
        for (words, has_file, expected) in [
            (&["gt-a"][..], false, Some(Asked::List("gt-a"))),
            (&["list", "gt-a"], false, Some(Asked::List("gt-a"))),
            (&["gt-a", "it", "works"], false, add("gt-a", "it works")),
            (&["add", "gt-a", "x"], false, add("gt-a", "x")),
            (&["add", "gt-a"], true, add("gt-a", "")),
            (&["gt-a"], true, add("gt-a", "")),
            (&["add", "gt-a"], false, None),
            (&["add"], false, None),
            (&["list", "gt-a", "x"], false, None),
            (&["gt-a", "x"], true, None),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(asked(&words, has_file).ok(), expected, "{words:?}");
        }
    }
}
