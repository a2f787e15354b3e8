//! The walks: what a person does with an agent, and what is so after each step by the model's log or the person's own hands.

use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use towline_agents::{Reason, State, shipped};
use towline_testkit::model::{Event, Model, What};
use towline_testkit::real::{Agent, Beginning, Installed, Place, Setup};
use towline_testkit::{DEADLINE, Tow};

use crate::judge::{Finding, Right, Truth, judge};
use crate::record::Recording;
use crate::watch::{Said, Watch, now};

/// A usual terminal, and a narrow one: columns and rows.
pub(crate) const WIDE: (u16, u16) = (80, 24);
pub(crate) const NARROW: (u16, u16) = (40, 24);

const STARTS: Right = &[(State::Starting, None), (State::Idle, None)];
const WORKS: Right = &[(State::Working, None)];
const RESTS: Right = &[(State::Idle, None), (State::Done, None)];
/// After an answer it may go on so shortly that it is at rest before anybody could tell.
const GOES_ON: Right = &[(State::Working, None), (State::Idle, None), (State::Done, None)];
const ASKS_LEAVE: Right = &[(State::Blocked, Some(Reason::Permission))];
const ASKS: Right = &[(State::Blocked, Some(Reason::Question))];
const LIMITED: Right = &[(State::Blocked, Some(Reason::Limit))];
const GONE: Right = &[(State::Exited, None)];
const ASKS_TRUST: Right = &[(State::Starting, None), (State::Blocked, Some(Reason::Trust))];
const ASKS_LOGIN: Right = &[(State::Starting, None), (State::Blocked, Some(Reason::Login))];

/// A way to begin that needs a person, what people call it, and what may be said of it.
pub(crate) type Way = (Beginning, &'static str, Right);

pub(crate) const UNTRUSTED: Way = (Beginning::Untrusted, "asks for trust", ASKS_TRUST);
pub(crate) const LOGGED_OUT: Way = (Beginning::LoggedOut, "asks for a login", ASKS_LOGIN);

/// What looks like a dialog and isn't one must go on not being taken for one: so long.
const HOLD: Duration = Duration::from_millis(1500);

/// A dialog is read before it is answered. Codex takes no key but Escape in the first second of one.
const READ: Duration = Duration::from_secs(2);

/// An agent in a pane, and what was so of it.
struct Walk<'a> {
    agent: &'a dyn Agent,
    model: &'a Model,
    tow: &'a Tow,
    watch: &'a Watch,
    place: Place,
    pane: &'static str,
    truths: Vec<Truth>,
    prompts: u32,
    recording: Option<Recording>,
}

/// Walks an agent that is ready through all that it does. With `cast` all of it is recorded into that file.
pub(crate) fn ready(
    agent: &dyn Agent,
    installed: &Installed,
    size: (u16, u16),
    cast: Option<PathBuf>,
) -> Vec<Finding> {
    let (model, tow) = (Model::start(), Tow::new(env!("CARGO_BIN_EXE_tow")));
    begin_server(&tow);
    let watch = Watch::start(&tow);
    let mut walk = Walk::begin(
        agent,
        installed,
        &model,
        &tow,
        &watch,
        ("agent", Beginning::Ready),
        size,
        cast,
    )
    .expect("each agent can be ready");
    walk.truth("started", STARTS, now(), false);
    walk.said_now(RESTS, "it is ready");
    walk.talks();
    walk.asks_leave();
    walk.is_stopped();
    walk.refused();
    walk.ends();
    walk.findings()
}

/// Begins an agent in the other ways that it has.
pub(crate) fn beginnings(
    agent: &dyn Agent,
    installed: &Installed,
    size: (u16, u16),
) -> Vec<Finding> {
    let ways = [UNTRUSTED, LOGGED_OUT];
    ways.into_iter().flat_map(|way| begins(agent, installed, size, way, None)).collect()
}

/// Begins an agent in one way that needs a person.
pub(crate) fn begins(
    agent: &dyn Agent,
    installed: &Installed,
    size: (u16, u16),
    (beginning, step, right): Way,
    cast: Option<PathBuf>,
) -> Vec<Finding> {
    let (model, tow) = (Model::start(), Tow::new(env!("CARGO_BIN_EXE_tow")));
    begin_server(&tow);
    let watch = Watch::start(&tow);
    let walk =
        Walk::begin(agent, installed, &model, &tow, &watch, ("agent", beginning), size, cast);
    let Some(mut walk) = walk else { return Vec::new() };
    walk.truth(step, right, now(), false);
    walk.said_now(&right[1..], step);
    std::thread::sleep(HOLD);
    if beginning == Beginning::Untrusted {
        let at = walk.presses(agent.habits().trust_key);
        walk.truth("trusted", STARTS, at, false);
        walk.said_now(RESTS, "it is ready once it is trusted");
    }
    walk.findings()
}

fn begin_server(tow: &Tow) {
    tow.ok(&["server", "start"]);
}

impl<'a> Walk<'a> {
    #[expect(clippy::too_many_arguments, reason = "all that a walk is made of")]
    fn begin(
        agent: &'a dyn Agent,
        installed: &Installed,
        model: &'a Model,
        tow: &'a Tow,
        watch: &'a Watch,
        (pane, beginning): (&'static str, Beginning),
        (cols, rows): (u16, u16),
        cast: Option<PathBuf>,
    ) -> Option<Self> {
        let folder = match &cast {
            // What is recorded shows where it was: nothing of this machine.
            Some(_) => Recording::folder(agent.kind()),
            None => tow.folder().join("agent"),
        };
        let place = Place::below(&folder, &model.url());
        let setup = agent.set_up(&place, beginning)?;
        let recording = cast.map(|cast| Recording::new(cast, agent, (cols, rows), &folder));
        let mut walk = Self {
            agent,
            model,
            tow,
            watch,
            place,
            pane,
            truths: Vec::new(),
            prompts: 0,
            recording,
        };
        walk.spawn(&installed.program(agent), setup, (cols, rows));
        Some(walk)
    }

    fn spawn(&mut self, program: &std::path::Path, setup: Setup, (cols, rows): (u16, u16)) {
        let text = |path: &std::path::Path| path.to_str().expect("a plain path").to_owned();
        let (cols, rows) = (cols.to_string(), rows.to_string());
        let mut words: Vec<String> =
            ["spawn", "--detach", "--name", self.pane, "--cols", &cols, "--rows", &rows, "--cwd"]
                .map(String::from)
                .into();
        words.push(text(&self.place.work));
        let mut environment = setup.environment;
        environment.push(("HOME".into(), text(&self.place.home)));
        if let Some(recording) = &self.recording {
            environment.push(recording.events_variable());
        }
        for (name, value) in environment {
            words.extend(["--env".into(), format!("{name}={value}")]);
        }
        words.extend(["--".into(), text(program)]);
        words.extend(setup.arguments);
        self.tow.ok(&words);
        if let Some(recording) = &mut self.recording {
            recording.follow(self.tow, self.pane);
        }
    }

    /// Something is so from now on, or was since `at`.
    fn truth(&mut self, step: &'static str, right: Right, at: u64, timed: bool) {
        if let Some(recording) = &mut self.recording {
            recording.truth(at, right, timed);
        }
        self.truths.push(Truth { at, step, right, timed });
    }

    /// Waits until it is said. What is never said is found by the judge.
    fn said_now(&self, right: Right, what: &str) -> Option<Said> {
        let said =
            self.watch.wait(self.pane, DEADLINE, |said| right.contains(&(said.state, said.reason)));
        if said.is_none() {
            let screen = self.tow.run(&["peek", self.pane, "--screen"]).stdout;
            let why = self.tow.run(&["explain", self.pane]).stdout;
            eprintln!(
                "{}: never said that {what}: {:#?}\n{why}\n{screen}",
                self.agent.kind(),
                self.watch.of(self.pane)
            );
        }
        said
    }

    /// Something became so at a time that is known, and it is waited for that it is said.
    fn becomes(&mut self, step: &'static str, right: Right, at: u64) -> Option<Said> {
        self.truth(step, right, at, true);
        self.said_now(right, step)
    }

    /// Gives it a prompt with these words, and waits until the model has it.
    fn prompts(&mut self, words: &str) -> Event {
        self.prompts_by(&["send", self.pane], words)
    }

    fn prompts_by(&mut self, verb: &[&str], words: &str) -> Event {
        self.prompts += 1;
        let words = format!("{words} number {}", self.prompts);
        let mark = self.model.mark();
        // From now on it may work; some take their time before they ask the model.
        self.truth("is given a prompt", GOES_ON, now(), false);
        self.tow.ok(&[verb, &[&words]].concat());
        self.model.wait("been asked", mark, |event| event.is_prompt(&words))
    }

    /// Presses keys, and tells when.
    fn presses<K: AsRef<str>>(&self, keys: &[K]) -> u64 {
        let mut words = vec!["send", self.pane];
        keys.iter().for_each(|key| words.extend(["--key", key.as_ref()]));
        let at = now();
        self.tow.ok(&words);
        at
    }

    /// It gets its prompt's answer, until it rests.
    fn answers(&mut self, words: &str, works: &'static str, rests: &'static str) {
        let came = self.prompts(words);
        self.becomes(works, WORKS, came.at);
        let last = self.model.wait_answered(came.request);
        self.becomes(rests, RESTS, last.at);
    }

    /// A tool has answered, and the model has said its last word on it.
    fn finishes(&mut self, mark: usize) {
        let came = self.model.wait("got a tool's answer", mark, |event| {
            matches!(event.what, What::Came { answered: true, .. })
        });
        let last = self.model.wait_answered(came.request);
        self.becomes("finished a tool", RESTS, last.at);
    }

    fn talks(&mut self) {
        self.answers("slow text", "writes", "finished text");
        self.answers("think first", "thinks", "finished thinking");
        let mark = self.model.mark();
        let came = self.prompts("tool free");
        self.becomes("runs a tool", WORKS, came.at);
        self.finishes(mark);
        // A transcript that quotes a dialog is no dialog.
        let came = self.prompts("fool");
        let last = self.model.wait_answered(came.request);
        self.becomes("quotes a dialog", RESTS, last.at);
        std::thread::sleep(HOLD);
    }

    /// It asks for leave, is given it and is denied it, and asks something.
    fn asks_leave(&mut self) {
        let keys = shipped::rules(self.agent.kind()).expect("it has rules").keys.clone();
        let mark = self.asks_for("tool ask", "asks to run", ASKS_LEAVE);
        let at = self.presses(&keys.approve);
        self.becomes("was allowed", GOES_ON, at);
        self.finishes(mark);
        let edit = format!("edit ask {}", self.place.edit.display());
        for (words, step) in [("tool ask", "asks to run"), (&edit, "asks to edit")] {
            let mark = self.asks_for(words, step, ASKS_LEAVE);
            let at = self.presses(&keys.deny);
            if self.agent.habits().goes_on_when_denied {
                self.becomes("was denied", GOES_ON, at);
                self.finishes(mark);
            } else {
                self.becomes("was denied", RESTS, at);
            }
        }
        if self.agent.habits().asks {
            let mark = self.asks_for("question", "asks a question", ASKS);
            let at = self.presses(&[self.agent.habits().chooses]);
            self.becomes("was answered", GOES_ON, at);
            self.finishes(mark);
        }
    }

    /// It gets a prompt on which it asks something; what comes after it is waited for from the mark.
    fn asks_for(&mut self, words: &str, step: &'static str, right: Right) -> usize {
        let mark = self.model.mark();
        let came = self.prompts(words);
        let last = self.model.wait_answered(came.request);
        if self.becomes(step, right, last.at).is_some() {
            // What it asks is read from a dialog that may not be drawn yet.
            let asks = |said: &Said| !said.question.is_empty();
            let said = self.watch.wait(self.pane, DEADLINE, asks);
            assert!(said.is_some(), "{}: it isn't said what it {step}", self.agent.kind());
        }
        std::thread::sleep(READ);
        mark
    }

    fn is_stopped(&mut self) {
        let keys = shipped::rules(self.agent.kind()).expect("it has rules").keys.interrupt.clone();
        let came = self.prompts("slow text");
        self.becomes("writes", WORKS, came.at);
        self.model
            .wait("begun", 0, |event| event.request == came.request && event.what == What::First);
        std::thread::sleep(HOLD / 2);
        let at = self.presses(&keys);
        self.becomes("was interrupted", RESTS, at);
        std::thread::sleep(HOLD);
    }

    fn refused(&mut self) {
        let came = self.prompts("limit");
        let last = self.model.wait_answered(came.request);
        let right = if self.agent.habits().tells_limits { LIMITED } else { RESTS };
        self.becomes("met a limit", right, last.at);
        std::thread::sleep(HOLD / 2);
        let keys = self.agent.habits().limit_keys;
        if !keys.is_empty() {
            let at = self.presses(keys);
            // It takes its own time to end what it was about to try again.
            self.truth("gave up at a limit", RESTS, at, false);
            self.said_now(RESTS, "it gave up at a limit");
        }
        // Nothing is typed to one that is blocked but by force.
        let blocked = keys.is_empty() && self.agent.habits().tells_limits;
        let force: &[&str] = if blocked { &["--force"] } else { &[] };
        let came = self.prompts_by(&[&["send", self.pane], force].concat(), "error");
        let last = self.model.wait_answered(came.request);
        self.becomes("met an error", RESTS, last.at);
        std::thread::sleep(HOLD / 2);
    }

    /// It is ended by its person, continued, and killed.
    fn ends(&mut self) {
        let before = self.conversation();
        assert!(!before.is_empty(), "{}: nothing is known of its conversation", self.agent.kind());
        let end = self.end_of_process();
        for words in self.agent.habits().quits {
            match words.strip_prefix("key:") {
                Some(key) => drop(self.presses(&[key])),
                None => drop(self.tow.run(&["send", self.pane, words])),
            }
        }
        let at = end.wait();
        self.becomes("quit", GONE, at);
        // What is recorded ends with the pane's program.
        if self.recording.is_none() {
            self.truth("resumed", STARTS, now(), false);
            self.tow.ok(&["resume", self.pane]);
            self.said_now(RESTS, "it is ready again");
            assert_eq!(self.conversation(), before, "{}: another conversation", self.agent.kind());
            let came = self.prompts("quick");
            let last = self.model.wait_answered(came.request);
            self.becomes("finished text", RESTS, last.at);
            let end = self.end_of_process();
            end.kill();
            let at = end.wait();
            self.becomes("crashed", GONE, at);
        }
    }

    fn conversation(&self) -> String {
        self.watch.of(self.pane).last().map_or(String::new(), |said| said.conversation.clone())
    }

    fn end_of_process(&self) -> End {
        let pid = self.tow.pane(self.pane)["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(Pid::from_raw).expect("its program runs");
        End { pid, descriptor: pidfd_open(pid, PidfdFlags::empty()).expect("its program runs") }
    }

    fn findings(mut self) -> Vec<Finding> {
        let end = now();
        if let Some(recording) = self.recording.take() {
            recording.write();
        }
        judge(&self.truths, &self.watch.of(self.pane), end)
    }
}

/// A process whose end is waited for.
struct End {
    pid: Pid,
    descriptor: std::os::fd::OwnedFd,
}

impl End {
    fn kill(&self) {
        kill_process(self.pid, Signal::KILL).expect("it runs");
    }

    /// When it ended.
    fn wait(&self) -> u64 {
        let mut polled = [PollFd::new(&self.descriptor, PollFlags::IN)];
        let patience = rustix::event::Timespec::try_from(DEADLINE).expect("it is short");
        let count = poll(&mut polled, Some(&patience)).expect("it can be waited for");
        assert_eq!(count, 1, "it does not end");
        now()
    }
}
