use super::*;
use crate::state::Reason;

const RULES: &str = r#"
kind = "demo"
settle_ms = 0
[[rule]]
name = "prompt"
state = "blocked"
reason = "permission"
priority = 90
all = ["proceed?"]
question = '/(.*proceed\?)/'
[[rule]]
name = "spinner"
state = "working"
priority = 50
all = ["esc to interrupt"]
[[rule]]
name = "title spinner"
on = "title"
state = "working"
priority = 50
all = ['/^[⠀-⣿]/']
[[rule]]
name = "box"
state = "idle"
priority = 10
all = ['/^>/']
"#;

const MS: u64 = 1_000;

/// Something that happens, so many milliseconds after the beginning.
enum Happens {
    Draws(&'static str),
    Titled(&'static str),
    Told(&'static str, Claim),
    Is(Process),
    Watched(bool),
    Nothing,
}

use Happens::*;

fn working() -> Claim {
    Claim::of(State::Working)
}

fn idle() -> Claim {
    Claim::of(State::Idle)
}

fn permission() -> Claim {
    Claim::blocked(Reason::Permission, Some("Run it?".into()))
}

/// Plays what happens and says the state after each.
fn play(story: impl IntoIterator<Item = (u64, Happens)>) -> Vec<&'static str> {
    let rules = Rules::parse(RULES).unwrap();
    let mut tracker = Tracker::new(0);
    let (mut title, mut screen) = ("", Shown::default());
    let mut states = Vec::new();
    for (at, happens) in story {
        let now = at * MS;
        // The caller keeps the tracker's time.
        while let Some(due) = tracker.due(now.saturating_sub(1)).filter(|due| *due < now) {
            tracker.tick(due);
        }
        match happens {
            Draws(text) => {
                screen = Shown::new(text.split('\n'));
                tracker.shown(now, &rules, Shows { title, status: "", screen: &screen });
            }
            Titled(text) => {
                title = text;
                tracker.shown(now, &rules, Shows { title, status: "", screen: &screen });
            }
            Told(event, claim) => {
                let claim = Some(claim);
                tracker.hook(now, &Report { event: event.into(), claim, ..Report::default() });
            }
            Is(process) => tracker.process(now, process),
            Watched(watched) => tracker.watched(now, watched),
            Nothing => tracker.tick(now),
        }
        states.push(tracker.verdict().claim.state.name());
    }
    states
}

#[test]
fn a_screen_alone_tells() {
    let states = play([
        (0, Nothing),
        (100, Draws("loading")),
        (500, Draws(">")),
        (600, Draws("esc to interrupt\n>")),
        (700, Draws(">")),
        (800, Draws("esc to interrupt\n>")),
        (900, Draws("a\nproceed?")),
        (1000, Draws("esc to interrupt\n>")),
        (2000, Draws(">")),
        (2200, Nothing),
        (2251, Nothing),
        (2300, Watched(true)),
        (2400, Draws("strange")),
        (3000, Nothing),
        (3101, Nothing),
    ]);
    let expected = [
        "starting", "starting", "idle", "working", "working", "working", "blocked", "working",
        "working", "working", "done", "idle", "idle", "idle", "unknown",
    ];
    assert_eq!(states, expected);
}

#[test]
fn an_input_box_after_the_start_must_last_unless_the_agent_says_so_itself() {
    let text = RULES.replace("settle_ms = 0", "settle_ms = 1000")
        + "[[rule]]\nname = \"says\"\non = \"status\"\nstate = \"idle\"\nall = [\"state=idle\"]\n";
    let rules = Rules::parse(&text).unwrap();
    let (box_, dialog) = (Shown::new([">"]), Shown::new(["proceed?"]));
    let shows = |status, screen| Shows { title: "", status, screen };
    let mut tracker = Tracker::new(0);
    tracker.shown(100 * MS, &rules, shows("", &box_));
    assert_eq!(tracker.verdict().claim.state, State::Starting);
    assert_eq!(tracker.due(101 * MS), Some(1100 * MS));
    let mut blocked = tracker.clone();
    blocked.shown(600 * MS, &rules, shows("", &dialog));
    assert_eq!(blocked.verdict().claim.state, State::Blocked);
    let mut said = tracker.clone();
    said.shown(600 * MS, &rules, shows("state=idle", &Shown::default()));
    assert_eq!(said.verdict().claim.state, State::Idle);
    tracker.tick(1100 * MS);
    assert_eq!(tracker.verdict().claim.state, State::Idle);
}

#[test]
fn what_is_asked_before_any_work_does_not_make_it_done() {
    let states = play([
        (0, Told("asks", Claim::blocked(Reason::Trust, None))),
        (5000, Draws(">")),
        (5300, Nothing),
    ]);
    assert_eq!(states, ["blocked", "blocked", "idle"]);
}

#[test]
fn what_is_answered_before_any_work_starts_then() {
    let text = RULES.to_owned()
        + "[[rule]]\nname = \"trusts\"\nstate = \"blocked\"\nreason = \"trust\"\nall = [\"trust?\"]\n";
    let rules = Rules::parse(&text).unwrap();
    let mut tracker = Tracker::new(0);
    let mut shown = |at: u64, text: &str| {
        let shows = Shows { title: "", status: "", screen: &Shown::new([text]) };
        tracker.shown(at * MS, &rules, shows);
        let mut states = vec![tracker.verdict().claim.state.name()];
        while let Some(due) = tracker.due(tracker.drawn).filter(|due| *due <= (at + 5000) * MS) {
            tracker.tick(due);
            tracker.drawn = due;
            states.push(tracker.verdict().claim.state.name());
        }
        states
    };
    assert_eq!(shown(100, "trust?"), ["blocked"]);
    // Somebody took a minute to answer.
    assert_eq!(shown(60_000, ""), ["blocked", "starting"]);
    assert_eq!(shown(66_000, ">"), ["idle"]);
}

#[test]
fn what_never_shows_anything_known_becomes_unknown() {
    let states =
        play([(0, Nothing), (19_999, Draws("x")), (20_001, Nothing), (60_000, Draws(">"))]);
    assert_eq!(states, ["starting", "starting", "unknown", "idle"]);
}

#[test]
fn a_hook_is_believed_at_once_and_overruled_by_what_is_seen_later() {
    let states = play([
        (0, Draws(">")),
        (10, Told("UserPromptSubmit", working())),
        (60, Draws("esc to interrupt\n>")),
        (100, Told("PermissionRequest", permission())),
        (200, Draws("a\nproceed?")),
        // Refused with a key, of which no hook tells.
        (5000, Draws(">")),
        (5200, Nothing),
        (5260, Nothing),
    ]);
    let expected =
        ["idle", "working", "working", "blocked", "blocked", "blocked", "blocked", "done"];
    assert_eq!(states, expected);
}

#[test]
fn a_hook_whose_word_the_screen_never_bears_out_is_dropped() {
    let states = play([
        (0, Draws(">")),
        (10, Told("UserPromptSubmit", working())),
        (500, Nothing),
        (1011, Nothing),
    ]);
    assert_eq!(states, ["idle", "working", "working", "done"]);
}

#[test]
fn a_turns_end_by_hook_needs_no_calm_and_a_dialog_after_it_is_unknown() {
    let states = play([
        (0, Draws("esc to interrupt\n>")),
        (1000, Told("Stop", idle())),
        (1100, Draws(">")),
        (9000, Draws("choose a model")),
        (9700, Nothing),
        (9800, Draws(">")),
    ]);
    assert_eq!(states, ["working", "done", "done", "done", "unknown", "idle"]);
}

#[test]
fn a_frame_that_comes_late_is_no_work() {
    let states = play([
        (0, Draws("esc to interrupt\n>")),
        (1000, Draws("strange")),
        (1500, Told("Stop", idle())),
        (1550, Draws("esc to interrupt\n>")),
        (1650, Draws(">")),
        (2400, Draws("esc to interrupt\n>")),
    ]);
    assert_eq!(states, ["working", "working", "done", "done", "done", "working"]);
}

#[test]
fn a_title_and_a_screen_are_one_sight_by_their_priorities() {
    let states = play([
        (0, Titled("⠋ thinking")),
        (10, Draws(">")),
        (900, Draws("proceed?")),
        (1000, Draws(">")),
        (2000, Titled("demo")),
        (2300, Nothing),
    ]);
    assert_eq!(states, ["working", "working", "blocked", "working", "working", "done"]);
}

#[test]
fn a_process_that_is_gone_or_behind_another_says_all() {
    let states = play([
        (0, Draws("esc to interrupt")),
        (10, Is(Process::Background("vim".into()))),
        (20, Draws("proceed?")),
        (30, Is(Process::Foreground)),
        (40, Is(Process::Gone)),
        (50, Draws(">")),
        (60, Told("Stop", idle())),
    ]);
    let expected = ["working", "unknown", "unknown", "blocked", "exited", "exited", "exited"];
    assert_eq!(states, expected);
}

#[test]
fn work_that_a_hook_began_and_nobody_sees_is_not_believed_for_ever() {
    let states = play([
        (0, Draws("strange")),
        (10, Told("UserPromptSubmit", working())),
        (5000, Nothing),
        (10_011, Nothing),
    ]);
    assert_eq!(states, ["starting", "working", "working", "unknown"]);
}

fn show(tracker: &mut Tracker, now: u64, title: &str, screen: &Shown) {
    let rules = Rules::parse(RULES).unwrap();
    tracker.shown(now, &rules, Shows { title, status: "", screen });
}

#[test]
fn a_verdict_at_rest_needs_no_clock() {
    let mut tracker = Tracker::new(0);
    show(&mut tracker, MS, "", &Shown::new([">"]));
    assert_eq!(tracker.due(2 * MS), None);
    let stop = Report { event: "Stop".into(), claim: Some(idle()), ..Report::default() };
    tracker.hook(3 * MS, &stop);
    assert_eq!(tracker.due(4 * MS), None);
    show(&mut tracker, 500 * MS, "", &Shown::new(["esc to interrupt"]));
    assert_eq!(tracker.verdict().claim.state, State::Working);
    assert_eq!(tracker.due(600 * MS), None);
    show(&mut tracker, 9000 * MS, "", &Shown::new([">"]));
    assert_eq!(tracker.due(9000 * MS), Some(9250 * MS));
}

#[test]
fn an_explanation_names_what_decided() {
    let rules = Rules::parse(RULES).unwrap();
    let mut tracker = Tracker::new(0);
    let screen = Shown::new(["Go on and proceed?", ">"]);
    show(&mut tracker, MS, "⠋ x", &screen);
    let told = tracker.explain(Some(&rules), Shows { title: "⠋ x", status: "", screen: &screen });
    assert_eq!(told.verdict.claim.question.as_deref(), Some("Go on and proceed?"));
    assert_eq!(told.verdict.because, "prompt");
    let line = told.lines.iter().find(|line| line.decided).unwrap();
    assert_eq!(line.source, Source::Screen);
    assert_eq!(line.text, "\"prompt\" says blocked (permission), \"box\" says idle");
}

#[test]
fn a_verdict_from_before_stands_until_something_is_seen() {
    let before = Verdict {
        claim: Claim::of(State::Done),
        since: 7,
        source: Some(Source::Hook),
        because: "Stop".into(),
    };
    let mut tracker = Tracker::resumed(5, 9000 * MS, before);
    tracker.process(9000 * MS, Process::Foreground);
    tracker.watched(9001 * MS, false);
    assert_eq!(tracker.due(9001 * MS), None);
    tracker.tick(60_000 * MS);
    assert_eq!((tracker.verdict().claim.state, tracker.verdict().since), (State::Done, 7));
    let mut seen = tracker.clone();
    show(&mut seen, 60_000 * MS, "", &Shown::new([">"]));
    assert_eq!((seen.verdict().claim.state, seen.verdict().since), (State::Done, 7));
    show(&mut tracker, 60_000 * MS, "", &Shown::new(["what is this"]));
    assert_eq!(tracker.verdict().claim.state, State::Done);
    assert_eq!(tracker.due(60_001 * MS), Some(60_700 * MS));
    tracker.tick(60_700 * MS);
    assert_eq!(tracker.verdict().claim.state, State::Unknown);
}
