//! An agent with a configuration folder of its own: its hooks are heard, its conversation is its own, and nothing is written into the
//! user's folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use towline_testkit::model::Model;
use towline_testkit::real::{Agent, Beginning, Installed, Place};
use towline_testkit::{Tow, wait_until};

/// Starts it so, talks to it, ends it and continues its conversation. `config` is the user's folder, `prompt_hook` the event that tells of
/// a prompt.
pub(crate) fn check(agent: &dyn Agent, installed: &Installed, config: &str, prompt_hook: &str) {
    let (model, tow) = (Model::start(), Tow::new(env!("CARGO_BIN_EXE_tow")));
    let place = Place::below(&tow.folder().join("agent"), &model.url());
    let setup = agent.set_up(&place, Beginning::Ready).expect("each agent can be ready");
    let config = place.home.join(config);
    let before = files(&config);
    let mut words: Vec<String> =
        ["spawn", "--detach", "--name", "own", "--isolated", "--cwd"].map(String::from).into();
    words.push(text(&place.work));
    let home = ("HOME".to_owned(), text(&place.home));
    for (name, value) in setup.environment.into_iter().chain([home]) {
        words.extend(["--env".into(), format!("{name}={value}")]);
    }
    words.extend(["--".into(), text(&installed.program(agent))]);
    words.extend(setup.arguments);
    tow.ok(&words);
    talk(&tow, &model, "be quick about it");
    let why = tow.ok(&["explain", "own"]);
    assert!(why.contains(prompt_hook), "its hooks are not heard: {why}");
    let conversation = conversation(&tow);
    let id = conversation.as_deref().expect("its conversation is known");

    tow.run(&["send", "own", agent.habits().quits[0]]);
    wait_until("it has ended", || {
        let pane = tow.panes().into_iter().find(|pane| pane["name"] == "own")?;
        (pane["agent"]["state"] == "exited").then_some(())
    });
    tow.ok(&["resume", "own"]);
    talk(&tow, &model, "be quick again");
    let again = self::conversation(&tow);
    assert_eq!(again.as_deref(), Some(id), "it is another conversation");
    assert_eq!(files(&config), before, "something was written into the user's folder");
}

/// Gives it a prompt, and waits for its answer and for its rest.
fn talk(tow: &Tow, model: &Model, words: &str) {
    let idle = ["wait", "own", "--state", "idle", "--timeout", "60s"];
    tow.ok(&idle);
    let mark = model.mark();
    let sent = tow.run(&["send", "own", words]);
    let screen = || tow.run(&["peek", "own", "--screen"]).stdout;
    assert_eq!(sent.status, 0, "{}\n{}", sent.stderr, screen());
    let came = model.wait("been asked", mark, |event| event.is_prompt(words));
    model.wait_answered(came.request);
    let word = came.final_word();
    tow.wait_output("own", &word);
    // A moment for the agent to come to its rest, which the wait would not see coming.
    std::thread::sleep(Duration::from_millis(500));
    tow.ok(&idle);
}

fn conversation(tow: &Tow) -> Option<String> {
    let pane = tow.panes().into_iter().find(|pane| pane["name"] == "own")?;
    pane["agent"]["session_id"].as_str().map(str::to_owned)
}

/// All files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&path));
        } else {
            found.insert(text(&path));
        }
    }
    found
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}
