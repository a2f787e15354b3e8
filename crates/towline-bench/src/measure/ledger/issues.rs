//! Ledgers as long-lived projects have them: some 600 bytes an issue, a third with dependencies, some labels and comments.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result};

use crate::random::Random;

/// Whose hook has work on it.
pub(super) const WORKER: &str = "bench";

/// Every issue of this many can be closed by a run: it is open, and waits for nothing.
const CLOSABLE_EVERY: usize = 20;

const WORDS: &[&str] = &[
    "the",
    "build",
    "fails",
    "when",
    "a",
    "ledger",
    "is",
    "read",
    "by",
    "two",
    "workers",
    "at",
    "once",
    "and",
    "one",
    "of",
    "them",
    "writes",
    "first",
    "see",
    "also",
    "log",
    "test",
    "release",
    "branch",
    "`cargo test`",
    "docs",
    "server",
    "panics",
    "fix",
    "retry",
    "after",
    "timeout",
    "größer",
    "→",
];

/// The id of an issue: five characters, in the order of their numbers.
pub(super) fn id(at: usize, count: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const ALL: usize = 36_usize.pow(5);
    let mut number = at % count * (ALL / count) + 7;
    let mut digits = [b'0'; 5];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[number % 36];
        number /= 36;
    }
    format!("gt-{}", String::from_utf8_lossy(&digits))
}

/// The issue that the run of a number may close.
pub(super) fn closable(run: u32) -> usize {
    run as usize * CLOSABLE_EVERY
}

/// Writes a ledger, line by line, so that this program stays small.
pub(super) fn write(folder: &Path, count: usize) -> Result<File> {
    let beads = folder.join(".beads");
    fs::create_dir_all(&beads).with_context(|| format!("making {}", beads.display()))?;
    fs::write(beads.join("config.yaml"), "issue-prefix: gt\n")
        .context("writing a configuration")?;
    let path = beads.join("issues.jsonl");
    let file = File::create(&path).with_context(|| format!("writing {}", path.display()))?;
    let mut out = BufWriter::new(&file);
    let mut random = Random::new(count as u64);
    let mut line = String::new();
    for at in 0..count {
        line.clear();
        issue(&mut line, at, count, &mut random);
        out.write_all(line.as_bytes()).context("writing a ledger")?;
    }
    out.flush().context("writing a ledger")?;
    drop(out);
    Ok(file)
}

fn issue(line: &mut String, at: usize, count: usize, random: &mut Random) {
    let closable = at.is_multiple_of(CLOSABLE_EVERY);
    let status = match random.below(10) {
        _ if at == 1 => "hooked",
        _ if closable => "open",
        0..=4 => "closed",
        5..=8 => "open",
        _ => "in_progress",
    };
    // Writing to a String can't fail.
    let _ = write!(line, "{{\"id\":\"{}\",\"title\":\"", id(at, count));
    text(line, 6, random);
    line.push_str("\",\"description\":\"");
    let length = 30 + random.below(40);
    text(line, length, random);
    let kind = random.pick(&["task", "task", "bug", "feature", "epic", "chore"]);
    let _ = write!(
        line,
        "\",\"status\":\"{status}\",\"priority\":{},\"issue_type\":\"{kind}\"",
        random.below(5)
    );
    if at == 1 {
        let _ = write!(line, ",\"assignee\":\"{WORKER}\"");
    } else if random.below(3) == 0 {
        line.push_str(",\"assignee\":\"demo/polecats/Toast\"");
    }
    let day = |number: usize| format!("2026-0{}-{:02}", 1 + number % 9, 1 + number % 28);
    let made = random.below(250);
    let time = |number: usize| format!("{}T10:{:02}:33.512583507Z", day(number), number % 60);
    let _ = write!(
        line,
        ",\"created_at\":\"{}\",\"created_by\":\"mayor\",\"updated_at\":\"{}\"",
        time(made),
        time(made + 1)
    );
    if status == "closed" {
        let _ = write!(line, ",\"closed_at\":\"{}\",\"close_reason\":\"Closed\"", time(made + 1));
    }
    if random.below(5) == 0 {
        line.push_str(",\"labels\":[\"ci\",\"release\"]");
    }
    if at > 1 && !closable && random.below(10) < 3 {
        let on = id(random.below(at), count);
        let kind = random.pick(&["blocks", "blocks", "parent-child", "discovered-from"]);
        let _ = write!(
            line,
            ",\"dependencies\":[{{\"issue_id\":\"{}\",\"depends_on_id\":\"{on}\",\"type\":\"{kind}\",\"created_at\":\"{}\",\"created_by\":\"mayor\"}}]",
            id(at, count),
            time(made)
        );
    }
    if random.below(10) == 0 {
        let _ = write!(
            line,
            ",\"comments\":[{{\"id\":1,\"issue_id\":\"{}\",\"author\":\"mayor\",\"text\":\"",
            id(at, count)
        );
        text(line, 15, random);
        let _ = write!(line, "\",\"created_at\":\"{}\"}}]", time(made));
    }
    line.push_str("}\n");
}

fn text(line: &mut String, words: usize, random: &mut Random) {
    for at in 0..words {
        if at > 0 {
            line.push_str(if at % 17 == 0 { "\\n" } else { " " });
        }
        line.push_str(random.pick(WORDS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_sorted_json_of_the_size_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 1000).unwrap();
        let text = fs::read_to_string(folder.path().join(".beads/issues.jsonl")).unwrap();
        let issues: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ids: Vec<&str> = issues.iter().map(|issue| issue["id"].as_str().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((400..900).contains(&(text.len() / 1000)), "{}", text.len() / 1000);
        let linked = issues.iter().filter(|issue| issue["dependencies"].is_array()).count();
        assert!((200..400).contains(&linked), "{linked}");
        let closable = &issues[closable(3)];
        assert_eq!(
            (closable["status"].as_str(), &closable["dependencies"]),
            (Some("open"), &serde_json::Value::Null)
        );
    }
}
