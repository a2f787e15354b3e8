//! What is new in a ledger after an exchange, and whom that concerns. Telling them is done on the host whose ledger it is new in, to
//! those who work there.

use std::collections::BTreeMap;

use towline_client::Connection;
use towline_ledger::attachment::Attachment;
use towline_ledger::mail::Mail;
use towline_ledger::place::Town;
use towline_ledger::{Identity, Issue, Ledgers, Status, convoy};

use super::exchange::Came;
use crate::nudge::nudge_here;

/// So many things are named to one person; the others are counted.
const NAMED: usize = 3;

/// So many characters of one thing are told.
const LONGEST: usize = 200;

/// Types of issues whose end is nobody's news.
const QUIET: [&str; 4] = ["message", "molecule", "merge-request", "convoy"];

/// What is new.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// What is told to whom, a line each.
    pub(super) told: BTreeMap<String, Vec<String>>,
    /// Issues that were closed.
    pub(super) closed: Vec<String>,
}

/// Finds it in what came into the ledgers of a town.
pub(super) fn news<'a>(came: impl IntoIterator<Item = &'a Came>, town: &Town) -> News {
    let mut news = News::default();
    for Came { delta, before, after } in came {
        for id in delta.added.iter().chain(&delta.changed) {
            let Some(issue) = after.find(id).map(|brief| brief.issue()) else { continue };
            let was = before.find(id).map(|brief| brief.status());
            if let Some(mail) = Mail::of(&issue) {
                if was.is_none() && !mail.read {
                    let line = format!("mail from {}: {}", mail.from, mail.subject);
                    news.tell(town, &mail.to, line);
                }
                continue;
            }
            let ended = issue.status() == Status::Closed
                && was.is_some_and(|was| was != Status::Closed && was != Status::Tombstone);
            if ended {
                news.closed.push(id.clone());
                news.tell_of_end(town, &issue);
            }
        }
    }
    news
}

impl News {
    /// Whoever handed it out, or made it, waits for it.
    fn tell_of_end(&mut self, town: &Town, issue: &Issue) {
        let wisp = issue.flag("ephemeral") || issue.flag("wisp");
        if wisp || QUIET.contains(&&*issue.issue_type()) {
            return;
        }
        let by = Attachment::read(&issue.description()).dispatched_by;
        let who = if by.is_empty() { issue.text("created_by").into_owned() } else { by };
        let done_by = issue.assignee().into_owned();
        if Identity::parse(&who).is_ok_and(|who| who.same_as(&done_by)) {
            return;
        }
        let whose = if done_by.is_empty() { String::new() } else { format!(" ({done_by})") };
        self.tell(town, &who, format!("{} is closed: {}{whose}", issue.id(), issue.title()));
    }

    fn tell(&mut self, town: &Town, who: &str, line: String) {
        if let Ok(identity) = town.resolve(who) {
            // Others wrote it, and it is typed into a terminal.
            let shown = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            self.told.entry(identity.to_string()).or_default().push(shown);
        }
    }
}

/// What is typed into somebody's pane.
fn prompt(lines: &[String]) -> String {
    let named = lines.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = match lines.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("[from another host] {named}{more}. See: tow mail inbox")
}

/// Tells those who work on this host, and closes convoys that have arrived. Never fails: all of it is in the ledger.
pub(super) async fn deliver(
    news: News,
    town: &Town,
    ledgers: Option<&Ledgers>,
    connection: Option<&Connection>,
) {
    let News { mut told, closed } = news;
    if let Some(ledgers) = ledgers.filter(|_| !closed.is_empty()) {
        for landed in convoy::settle(ledgers, &closed).unwrap_or_default() {
            for who in &landed.told {
                if let Ok(identity) = town.resolve(who) {
                    let line = format!("convoy {} has landed: {}", landed.id, landed.title);
                    told.entry(identity.to_string()).or_default().push(line);
                }
            }
        }
    }
    for (who, lines) in &told {
        if let Ok(identity) = town.resolve(who) {
            nudge_here(connection, town, &identity, &prompt(lines)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;
    use towline_ledger::Issues;
    use towline_ledger::merge::merge;

    use super::*;

    fn came(before: &str, after: &str) -> Came {
        let (before, after) = (before.as_bytes().to_vec(), after.as_bytes().to_vec());
        let delta = merge(&before, &before, &after, Timestamp::now()).report.came;
        Came { delta, before: Issues::parse(before), after: Issues::parse(after) }
    }

    fn line(id: &str, rest: &str) -> String {
        format!(
            "{{\"id\":\"{id}\",\"title\":\"T {id}\",{rest}\"created_at\":\"2026-01-01T00:00:00Z\",\
             \"updated_at\":\"2026-01-01T00:00:00Z\"}}\n"
        )
    }

    #[test]
    fn mail_and_ends_are_told_to_whom_they_concern() {
        let town = Town { root: Path::new("/none").into(), name: "t".into() };
        let open = |id: &str, rest: &str| line(id, &format!("\"status\":\"open\",{rest}"));
        let closed = |id: &str, rest: &str| {
            line(
                id,
                &format!("\"status\":\"closed\",\"closed_at\":\"2026-01-02T00:00:00Z\",{rest}"),
            )
        };
        let by =
            |who: &str| format!("\"created_by\":\"{who}\",\"assignee\":\"demo/polecats/Toast\",");
        let mail =
            "\"issue_type\":\"message\",\"assignee\":\"mayor/\",\"labels\":[\"from:demo/Toast\"],";
        let slung = "\"description\":\"dispatched_by: deacon\\n\\nText\",\"assignee\":\"demo/polecats/Toast\",";
        let before = [
            open("d-1", &by("mayor")),
            open("d-2", slung),
            open("d-3", &by("demo/polecats/Toast")),
            closed("d-4", &by("mayor")),
            open("d-5", &(by("mayor") + "\"ephemeral\":true,")),
            open("d-6", &by("mayor")),
        ];
        let after = [
            closed("d-1", &by("mayor")),
            closed("d-2", slung),
            closed("d-3", &by("demo/polecats/Toast")),
            closed("d-4", &by("mayor")),
            closed("d-5", &(by("mayor") + "\"ephemeral\":true,")),
            open("d-6", &(by("mayor") + "\"priority\":1,")),
            closed("d-7", &by("mayor")),
            open("hq-1", mail),
            open("hq-2", &mail.replace("]", ",\"read\"]")),
        ];
        let found = news([&came(&before.concat(), &after.concat())], &town);
        assert_eq!(found.closed, ["d-1", "d-2", "d-3", "d-5"]);
        let told: Vec<(&str, Vec<&str>)> = found
            .told
            .iter()
            .map(|(who, lines)| (who.as_str(), lines.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            told,
            [
                ("deacon", vec!["d-2 is closed: T d-2 (demo/polecats/Toast)"]),
                (
                    "mayor",
                    vec![
                        "mail from demo/Toast: T hq-1",
                        "d-1 is closed: T d-1 (demo/polecats/Toast)"
                    ]
                ),
            ]
        );
        assert_eq!(news([&came(&after.concat(), &after.concat())], &town), News::default());
    }

    #[test]
    fn many_things_are_told_at_once() {
        let lines: Vec<String> = (1..=5).map(|number| format!("l{number}")).collect();
        assert_eq!(prompt(&lines[..1]), "[from another host] l1. See: tow mail inbox");
        assert_eq!(
            prompt(&lines),
            "[from another host] l1; l2; l3; and 2 more. See: tow mail inbox"
        );
    }
}
