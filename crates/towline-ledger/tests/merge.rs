//! What holds of every merge, whatever the ledgers say.

#![allow(clippy::unwrap_used, reason = "a test tells by a panic what is wrong")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;
use towline_ledger::merge::{Merged, merge};
use towline_ledger::{Issue, Issues};

/// What somebody does to a ledger.
#[derive(Debug, Clone)]
enum Deed {
    Make(u8),
    Change(Index, &'static str, u8),
    Close(Index),
    Reopen(Index),
    Label(Index, u8, bool),
    Depend(Index, Index, bool),
    Comment(Index, u8),
    Delete(Index),
    Remove(Index),
    Duplicate(Index),
    Unknown(Index, u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let at = any::<Index>;
    prop_oneof![
        12 => (0..6_u8).prop_map(Deed::Make),
        12 => (at(), prop::sample::select(vec!["title", "description", "notes", "assignee"]), 0..4_u8).prop_map(|(at, key, n)| Deed::Change(at, key, n)),
        4 => at().prop_map(Deed::Close),
        4 => at().prop_map(Deed::Reopen),
        8 => (at(), 0..3_u8, any::<bool>()).prop_map(|(at, n, on)| Deed::Label(at, n, on)),
        8 => (at(), at(), any::<bool>()).prop_map(|(at, on, there)| Deed::Depend(at, on, there)),
        8 => (at(), 0..3_u8).prop_map(|(at, n)| Deed::Comment(at, n)),
        4 => at().prop_map(Deed::Delete),
        4 => at().prop_map(Deed::Remove),
        // Rarely: each makes most of what is checked here void.
        1 => at().prop_map(Deed::Duplicate),
        4 => (at(), 0..3_u8).prop_map(|(at, n)| Deed::Unknown(at, n)),
    ]
}

fn deeds(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec(deed(), 0..most)
}

/// A ledger that things are done to, by a clock that two may read at the same time.
#[derive(Debug, Clone, Default)]
struct Replica {
    lines: Vec<String>,
    /// Tells replicas' issues apart.
    number: i32,
    clock: i64,
}

const START: i64 = 1_767_225_600;

fn now() -> Timestamp {
    Timestamp::from_second(START + 1_000_000).unwrap()
}

impl Replica {
    fn text(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
    }

    fn of(text: &[u8], number: i32, clock: i64) -> Self {
        let text = String::from_utf8(text.to_vec()).unwrap();
        Self { lines: text.lines().map(str::to_owned).collect(), number, clock }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(START + self.clock).unwrap()
    }

    fn edit(&mut self, at: Index, with: impl FnOnce(&mut Issue, Timestamp)) {
        if self.lines.is_empty() {
            return;
        }
        let now = self.now();
        let at = at.index(self.lines.len());
        let mut issue = Issue::parse(self.lines[at].clone()).unwrap();
        with(&mut issue, now);
        if issue.line() != self.lines[at] {
            issue.touch(now);
            self.lines[at] = issue.line().to_owned();
        }
    }

    fn id(&self, at: Index) -> String {
        Issue::parse(self.lines[at.index(self.lines.len())].clone()).unwrap().id().into_owned()
    }

    fn perform(&mut self, deed: &Deed) {
        self.clock += 1;
        if self.lines.is_empty() && !matches!(deed, Deed::Make(_)) {
            return;
        }
        let number = self.number;
        match deed {
            // Ids that others may give as well.
            Deed::Make(n) => {
                let id = format!("t-{n}");
                let there =
                    self.lines.iter().any(|line| line.contains(&format!("\"id\":\"{id}\"")));
                if !there {
                    let at = self.now() + SignedDuration::from_nanos(1 + i64::from(number));
                    self.lines.push(format!(
                        r#"{{"id":"{id}","title":"{number} made {}","status":"open","priority":2,"created_at":"{at}","updated_at":"{at}"}}"#,
                        self.clock
                    ));
                }
            }
            Deed::Change(at, key, n) => {
                self.edit(*at, |issue, _| issue.set_text(key, &format!("{number} says {n}")))
            }
            Deed::Close(at) => {
                self.edit(*at, |issue, now| issue.set_status(&towline_ledger::Status::Closed, now))
            }
            Deed::Reopen(at) => {
                self.edit(*at, |issue, now| issue.set_status(&towline_ledger::Status::Open, now))
            }
            Deed::Label(at, n, true) => {
                self.edit(*at, |issue, _| _ = issue.add_label(&format!("l{n}")))
            }
            Deed::Label(at, n, false) => {
                self.edit(*at, |issue, _| _ = issue.remove_label(&format!("l{n}")))
            }
            Deed::Depend(at, on, there) => {
                let on = self.id(*on);
                self.edit(*at, |issue, now| {
                    let new = towline_ledger::Dependency {
                        issue_id: issue.id().into_owned(),
                        depends_on_id: on.clone(),
                        kind: "blocks".into(),
                        created_at: Some(now),
                        created_by: number.to_string(),
                    };
                    match there {
                        true => _ = issue.add_dependency(&new),
                        false => _ = issue.remove_dependencies(&on, None),
                    }
                });
            }
            Deed::Comment(at, n) => self.edit(*at, |issue, now| {
                _ = issue.add_comment(&number.to_string(), &format!("comment {n}"), now)
            }),
            Deed::Delete(at) => self.edit(*at, |issue, now| {
                issue.set_status(&towline_ledger::Status::Tombstone, now);
                issue.set_time("deleted_at", Some(now));
            }),
            Deed::Remove(at) => _ = self.lines.remove(at.index(self.lines.len())),
            Deed::Duplicate(at) => self.lines.push(self.lines[at.index(self.lines.len())].clone()),
            Deed::Unknown(at, n) => {
                let at = at.index(self.lines.len());
                if !self.lines[at].contains("zz_") {
                    let line = self.lines[at].trim_end_matches('}').to_owned();
                    if line.len() + 1 == self.lines[at].len() {
                        self.lines[at] = format!("{line},\"zz_{n}\":[{number}]}}");
                    }
                }
            }
        }
    }

    fn after(&self, number: i32, deeds: &[Deed]) -> Self {
        let mut after = Self { number, ..self.clone() };
        deeds.iter().for_each(|deed| after.perform(deed));
        after
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn ids(text: &[u8]) -> Vec<String> {
    Issues::parse(text.to_vec()).iter().map(|brief| brief.id().to_owned()).collect()
}

/// What each issue is known by here: nobody makes two at one nanosecond.
fn made(text: &[u8]) -> BTreeMap<String, Issue> {
    let issues = Issues::parse(text.to_vec());
    issues
        .iter()
        .map(|brief| (brief.issue().text("created_at").into_owned(), brief.issue()))
        .collect()
}

fn both(base: impl AsRef<[u8]>, ours: impl AsRef<[u8]>, theirs: impl AsRef<[u8]>) -> Merged {
    merge(base.as_ref(), ours.as_ref(), theirs.as_ref(), now())
}

fn three() -> impl Strategy<Value = [String; 3]> {
    (deeds(10), deeds(8), deeds(8)).prop_map(|(before, ours, theirs)| {
        let base = Replica::default().after(0, &before);
        [base.clone(), base.after(1, &ours), base.after(2, &theirs)].map(|one| shown(&one.text()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sides_may_change_places([base, ours, theirs] in three()) {
        let one = both(&base, &ours, &theirs);
        let other = both(&base, &theirs, &ours);
        prop_assert_eq!(shown(&one.text), shown(&other.text));
        prop_assert_eq!(one.report.came, other.report.went);
        prop_assert!(one.report.conflicts.is_empty());
    }

    #[test]
    fn what_is_merged_again_stays_as_it_is([base, ours, theirs] in three()) {
        let merged = both(&base, &ours, &theirs).text;
        for side in [ours.as_bytes(), theirs.as_bytes(), &merged] {
            prop_assert_eq!(shown(&both(&base, &merged, side).text), shown(&merged));
        }
        let alone = both(&base, &ours, &ours).text;
        prop_assert_eq!(shown(&both(&ours, &alone, &ours).text), shown(&alone));
    }

    #[test]
    fn the_file_is_sorted_and_whole([base, ours, theirs] in three()) {
        let merged = both(&base, &ours, &theirs).text;
        let ids = ids(&merged);
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        prop_assert_eq!(ids, sorted);
        let issues = Issues::parse(merged);
        prop_assert!(issues.troubles().is_empty());
        for brief in issues.iter() {
            let issue = brief.issue();
            let over = issue.status().is_over();
            prop_assert!(over || issue.time("closed_at").is_none(), "{}", issue.line());
            prop_assert!(issue.status() != towline_ledger::Status::Closed || issue.time("closed_at").is_some());
            let numbers: Vec<_> = issue.comments().into_iter().map(|comment| comment.id).collect();
            prop_assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        }
    }

    /// Nothing goes that a side has added, and nothing comes back that a side took out.
    #[test]
    fn nothing_is_lost_and_nothing_comes_back([base, ours, theirs] in three()) {
        // Of several lines of one issue nobody can say what it was.
        prop_assume!([&base, &ours, &theirs].into_iter().all(|text| Issues::parse(text.clone().into_bytes()).troubles().is_empty()));
        let merged = made(&both(&base, &ours, &theirs).text);
        let [base, ours, theirs] = [&base, &ours, &theirs].map(|text| made(text.as_bytes()));
        for at in ours.keys().chain(theirs.keys()) {
            let (before, one, other) = (base.get(at), ours.get(at), theirs.get(at));
            let left_alone = |side: Option<&Issue>| side.is_none() || side == before;
            match merged.get(at) {
                // One took it out, and the other left it.
                None => prop_assert!(before.is_some() && (one.is_none() || other.is_none()) && (left_alone(one) && left_alone(other)), "{}", at),
                Some(issue) => {
                    let dead = |side: Option<&Issue>| side.is_some_and(|side| side.status() == towline_ledger::Status::Tombstone);
                    let (Some(one), Some(other)) = (one, other) else { continue };
                    if dead(Some(one)) || dead(Some(other)) {
                        let alive_again = dead(before) && (!dead(Some(one)) || !dead(Some(other)));
                        prop_assert!(dead(Some(issue)) || alive_again);
                        continue;
                    }
                    for label in ["l0", "l1", "l2"] {
                        let had = before.is_some_and(|before| before.has_label(label));
                        let expected = match had {
                            true => one.has_label(label) && other.has_label(label),
                            false => one.has_label(label) || other.has_label(label),
                        };
                        prop_assert_eq!(issue.has_label(label), expected, "{}", label);
                    }
                    let said: BTreeSet<_> = issue.comments().into_iter().map(|comment| (comment.author, comment.text, comment.created_at)).collect();
                    for comment in one.comments().into_iter().chain(other.comments()) {
                        prop_assert!(said.contains(&(comment.author, comment.text, comment.created_at)));
                    }
                    for key in ["title", "description", "notes", "assignee"] {
                        let before = before.map(|before| before.text(key).into_owned()).unwrap_or_default();
                        let (one, other) = (one.text(key), other.text(key));
                        let expected = match (one == before, other == before) {
                            (true, _) => vec![other],
                            (_, true) => vec![one],
                            _ => vec![one, other],
                        };
                        prop_assert!(expected.contains(&issue.text(key)), "{}", key);
                    }
                }
            }
        }
    }

    /// Five replicas that work on, and meet two by two in any order, come to the same in the end.
    #[test]
    fn five_replicas_converge(
        before in deeds(8),
        work in prop::collection::vec((0..5_usize, 0..5_usize, deeds(4)), 1..14),
        order in prop::collection::vec((0..5_usize, 0..5_usize), 200),
    ) {
        let start = Replica::default().after(9, &before);
        let mut replicas: Vec<Replica> = (0..5).map(|number| Replica { number, ..start.clone() }).collect();
        let mut bases = BTreeMap::new();
        let mut meet = |replicas: &mut Vec<Replica>, one: usize, other: usize| {
            if one == other {
                return;
            }
            let base = bases.entry((one.min(other), one.max(other))).or_insert_with(|| start.text());
            let merged = both(&*base, replicas[one].text(), replicas[other].text()).text;
            for number in [one, other] {
                replicas[number] = Replica::of(&merged, number as i32, replicas[number].clock);
            }
            *base = merged;
        };
        for (one, other, deeds) in &work {
            replicas[*one] = replicas[*one].after(*one as i32, deeds);
            meet(&mut replicas, *one, *other);
        }
        for (one, other) in order {
            meet(&mut replicas, one, other);
        }
        let texts: BTreeSet<String> = replicas.iter().map(|replica| shown(&replica.text())).collect();
        prop_assert_eq!(texts.len(), 1, "{:#?}", texts);
    }

    /// Bytes that nobody wrote on purpose neither stop it nor get lost.
    #[test]
    fn any_bytes_are_kept(
        lines in prop::collection::vec(prop::sample::select(vec![
            "{\"id\":\"a\"}", "{\"id\":\"a\",\"x\":1}", "{", "", "<<<<<<< x", "=======", ">>>>>>> y", "\u{feff}{}", "{\"_type\":\"m\"}", "null", "{\"id\":1}", "{\"id\":\"b\"}\r",
        ]), 0..12),
        cut in 0..12_usize,
    ) {
        let (ours, theirs) = lines.split_at(cut.min(lines.len()));
        let [ours, theirs] = [ours, theirs].map(|lines| lines.join("\n").into_bytes());
        let merged = both(b"", &ours, &theirs);
        prop_assert_eq!(&merged.text, &both(b"", &theirs, &ours).text);
        let text = shown(&merged.text);
        for line in lines {
            let line = line.trim_start_matches('\u{feff}').trim();
            let mark = ["<", "=", ">"].iter().any(|mark| line.starts_with(mark));
            prop_assert!(mark || line.starts_with("{\"id\":\"a\"") || text.contains(line), "{line} in {text}");
        }
    }
}
