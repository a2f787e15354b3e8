//! What Claude Code has beside the others: plans, dialogs of its own commands, its status sequence when its hooks are off, and how it
//! looks in a tmux.

use std::time::Duration;

use serde_json::Value;
use towline_testkit::model::{Model, What};
use towline_testkit::real::{self, Agent, Beginning, Installed, Place, Setup};
use towline_testkit::{Fleet, Tow, wait_until};

use crate::installed;

/// A dialog takes no keys in its first moments.
const READ: Duration = Duration::from_millis(750);

struct Claude {
    model: Model,
    tow: Tow,
    place: Place,
    setup: Setup,
    program: String,
}

impl Claude {
    /// Set up and not started; `None` where it can't be had.
    fn new() -> Option<Self> {
        let installed = installed()?;
        let (model, tow) = (Model::start(), Tow::new(env!("CARGO_BIN_EXE_tow")));
        let place = Place::below(&tow.folder().join("agent"), &model.url());
        let setup = agent().set_up(&place, Beginning::Ready).expect("it can be ready");
        Some(Self { model, tow, place, setup, program: program(&installed) })
    }

    /// Adds to the user's settings.
    fn set(&self, name: &str, value: Value) {
        let path = self.place.home.join(".claude/settings.json");
        let text = std::fs::read_to_string(&path).expect("they are written");
        let mut settings: Value = serde_json::from_str(&text).expect("they are JSON");
        settings[name] = value;
        self.place.write(&path, &settings.to_string());
    }

    /// Starts it in a narrow pane, and waits until it is ready.
    fn start(&self, arguments: &[&str]) {
        let work = self.place.work.to_str().expect("a plain path");
        let words =
            ["spawn", "--detach", "--name", "app", "--cols", "40", "--rows", "24", "--cwd", work];
        let mut words: Vec<String> = words.map(String::from).into();
        let home = ("HOME".to_owned(), self.place.home.to_string_lossy().into_owned());
        for (name, value) in self.setup.environment.iter().chain([&home]) {
            words.extend(["--env".into(), format!("{name}={value}")]);
        }
        words.extend(["--".into(), self.program.clone()]);
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        self.tow.ok(&words);
        self.waits_until("idle", "");
    }

    fn agent(&self) -> Value {
        self.tow.pane("app")["agent"].clone()
    }

    /// Waits until it is said to do that, and returns all that is said.
    #[track_caller]
    fn waits_until(&self, state: &str, reason: &str) -> Value {
        wait_until(&format!("it is {state} {reason}: {:?}", self.agent()), || {
            let agent = self.agent();
            let is = agent["state"].as_str().unwrap_or("").replace("done", "idle");
            (is == state && agent["reason"].as_str().unwrap_or("") == reason).then_some(agent)
        })
    }
}

fn agent() -> &'static dyn Agent {
    *real::AGENTS.iter().find(|agent| agent.kind() == "claude").expect("it is there")
}

fn program(installed: &Installed) -> String {
    installed.program(agent()).to_str().expect("a plain path").to_owned()
}

#[test]
fn a_plan_is_approved_without_giving_up_being_asked() {
    let Some(claude) = Claude::new() else { return };
    claude.start(&["--permission-mode", "plan"]);
    claude.tow.ok(&["send", "app", "make a plan"]);
    claude.waits_until("blocked", "permission");
    let mark = claude.model.mark();
    claude.tow.ok(&["approve", "app"]);
    claude
        .model
        .wait("gone on", mark, |event| matches!(event.what, What::Came { answered: true, .. }));
    claude.waits_until("idle", "");
    // It goes on in the mode that asks.
    claude.tow.ok(&["send", "app", "tool ask"]);
    let asks = claude.waits_until("blocked", "permission");
    assert!(
        asks["question"].as_str().is_some_and(|asked| asked.contains("made-by-a-tool")),
        "{asks}"
    );
    claude.tow.ok(&["deny", "app"]);
    claude.waits_until("idle", "");
    assert!(!claude.place.work.join("made-by-a-tool").exists());
}

#[test]
fn a_prompt_that_was_stopped_does_not_come_along_with_the_next() {
    let Some(claude) = Claude::new() else { return };
    claude.start(&[]);
    claude.tow.ok(&["send", "app", "wait long"]);
    claude.waits_until("working", "");
    claude.model.wait("been asked", 0, |event| event.is_prompt("wait long"));
    let mark = claude.model.mark();
    claude.tow.ok(&["send", "--interrupt", "app", "be quick"]);
    let came = claude.model.wait("been asked", mark, |event| event.is_prompt("be quick"));
    assert!(!came.is_prompt("wait long"), "{came:?}");
}

#[test]
fn a_dialog_of_its_own_is_no_rest() {
    let Some(claude) = Claude::new() else { return };
    claude.start(&[]);
    for command in ["/model", "/help", "/status"] {
        claude.tow.ok(&["send", "app", command]);
        claude.waits_until("blocked", "question");
        std::thread::sleep(READ);
        claude.tow.ok(&["send", "app", "--key", "Escape"]);
        claude.waits_until("idle", "");
    }
}

#[test]
fn what_it_says_itself_is_enough_where_hooks_are_off() {
    let Some(claude) = Claude::new() else { return };
    claude.set("disableAllHooks", true.into());
    claude.start(&[]);
    claude.tow.ok(&["send", "app", "slow text"]);
    assert_eq!(claude.waits_until("working", "")["source"], "status");
    // Stopped before anything has come it would put the prompt back into its box.
    claude.model.wait("begun", 0, |event| event.what == What::First);
    claude.tow.wait_output("app", "word3");
    claude.tow.ok(&["send", "app", "--key", "Escape"]);
    assert_eq!(claude.waits_until("idle", "")["source"], "status");
    claude.tow.ok(&["send", "app", "question"]);
    let asks = claude.waits_until("blocked", "question");
    assert_eq!(asks["source"], "status");
    assert!(asks["question"].as_str().is_some_and(|asked| asked.contains("Red · Blue")), "{asks}");
}

#[test]
fn without_a_login_a_prompt_makes_it_ask_for_one() {
    let Some(mut claude) = Claude::new() else { return };
    claude.setup.environment.retain(|(name, _)| name != "ANTHROPIC_API_KEY");
    claude.start(&[]);
    claude.tow.ok(&["send", "--force", "app", "hello"]);
    let asks = claude.waits_until("blocked", "login");
    let question = asks["question"].as_str().unwrap_or_default();
    assert!(question.contains("run /login"), "{asks}");
    claude.tow.ok(&["send", "--force", "app", "/login"]);
    claude.tow.wait_output("app", "Select login method");
    claude.waits_until("blocked", "login");
}

#[test]
fn the_users_own_hooks_and_settings_stay() {
    let Some(claude) = Claude::new() else { return };
    let note = |name: &str| {
        let file = claude.place.home.join(name);
        let command = format!("cat >> '{}'", file.display());
        let hooks = serde_json::json!({ "Stop": [{ "hooks": [{ "type": "command", "command": command }] }] });
        (file, hooks)
    };
    let ((of_file, in_file), (of_option, by_option)) = (note("of-file"), note("of-option"));
    claude.set("hooks", in_file);
    claude.start(&["--settings", &serde_json::json!({ "hooks": by_option }).to_string()]);
    assert_eq!(claude.tow.ok(&["prompt", "app", "be quick"]).trim_end(), {
        let events = claude.model.events();
        format!("Here is a quick answer. {}", events.last().expect("it was asked").final_word())
    });
    for file in [of_file, of_option] {
        wait_until("the user's hook has run", || {
            let text = std::fs::read_to_string(&file).ok()?;
            text.contains("\"hook_event_name\":\"Stop\"").then_some(())
        });
    }
    let why = claude.tow.ok(&["explain", "app"]);
    assert!(why.contains("Stop"), "{why}");
}

#[test]
fn in_a_tmux_the_screen_and_the_title_tell() {
    let Some(installed) = installed() else { return };
    let model = Model::start();
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).host("loki", towline_testkit::Setup::tmux());
    let (tow, host) = (&fleet.tow, fleet.host_named("loki"));
    let mut place = Place::below(&host.home().join("agent"), &model.url());
    place.work = host.project("app");
    let setup = agent().set_up(&place, Beginning::Ready).expect("it can be ready");
    let home = ("HOME".to_owned(), place.home.to_string_lossy().into_owned());
    let mut line = String::from("exec env");
    for (name, value) in setup.environment.iter().chain([&home]) {
        line += &format!(" '{name}={value}'");
    }
    line += &format!(" '{}'", program(&installed));
    tow.ok(&["spawn", "--on", "loki", "app", "-d", "--", "sh", "-c", &line]);
    let target = "loki:app";
    let is = |state: &str, reason: &str| {
        wait_until(&format!("it is {state} {reason}"), || {
            let agent = tow.pane(target)["agent"].clone();
            let is = agent["state"].as_str().unwrap_or("").replace("done", "idle");
            (is == state && agent["reason"].as_str().unwrap_or("") == reason).then_some(agent)
        })
    };
    assert_eq!(is("idle", "")["source"], "screen");
    tow.ok(&["send", target, "slow text"]);
    is("working", "");
    // One that is stopped before any answer has come puts the prompt back into its box, and what is typed next behind it.
    model.wait("begun", 0, |event| event.what == What::First);
    std::thread::sleep(Duration::from_millis(750));
    tow.ok(&["send", target, "--key", "Escape"]);
    is("idle", "");
    tow.ok(&["send", target, "tool ask"]);
    let asks = is("blocked", "permission");
    assert!(
        asks["question"].as_str().is_some_and(|asked| asked.contains("made-by-a-tool")),
        "{asks}"
    );
    tow.ok(&["approve", target]);
    is("idle", "");
    assert!(place.work.join("made-by-a-tool").exists());
    tow.ok(&["send", target, "fool"]);
    is("idle", "");
}
