//! Agents and their configuration folders: one with a folder of its own, and two that share the user's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use towline_testkit::model::Model;
use towline_testkit::real::{Agent, Beginning, Installed, Place, Setup};
use towline_testkit::{Tow, wait_until};

/// With a folder of its own an agent's hooks are heard, its conversation goes on, and nothing is written into the user's folder, which is
/// `config` in the home folder. `hook` is the event that tells of a prompt.
pub(crate) fn alone(agent: &dyn Agent, installed: &Installed, config: &str, hook: &str) {
    let user = User::new(agent, installed);
    let config = user.place.home.join(config);
    let before = files(&config);
    user.spawns("own", &["--isolated"]);
    user.talks("own", "be quick about it");
    let why = user.tow.ok(&["explain", "own"]);
    assert!(why.contains(hook), "its hooks are not heard: {why}");
    let conversation = user.conversation("own");
    user.ends_and_resumes("own");
    user.talks("own", "be quick again");
    assert_eq!(user.conversation("own"), conversation, "it is another conversation");
    assert_eq!(files(&config), before, "something was written into the user's folder");
}

/// A conversation goes on though others were begun in the same folder meanwhile.
pub(crate) fn beside(agent: &dyn Agent, installed: &Installed) {
    let user = User::new(agent, installed);
    user.spawns("one", &[]);
    user.talks("one", "be quick about it");
    let conversation = user.conversation("one");
    user.ends_and_resumes("one");
    user.rests("one");
    user.spawns("two", &[]);
    user.talks("two", "be quick, too");
    user.talks("one", "be quick once more");
    user.ends_and_resumes("one");
    user.talks("one", "be quick again");
    assert_eq!(user.conversation("one"), conversation, "it is another conversation");
    let shown = user.tow.ok(&["peek", "one", "-n", "60"]);
    let again = shown.rfind("be quick about it").zip(shown.rfind("be quick once more"));
    assert!(again.is_some_and(|(first, second)| first < second), "some of it is gone: {shown}");
}

/// A user with one agent, and a scripted model.
struct User<'a> {
    agent: &'a dyn Agent,
    program: String,
    model: Model,
    tow: Tow,
    place: Place,
    setup: Setup,
}

impl<'a> User<'a> {
    fn new(agent: &'a dyn Agent, installed: &Installed) -> Self {
        let (model, tow) = (Model::start(), Tow::new(env!("CARGO_BIN_EXE_tow")));
        let place = Place::below(&tow.folder().join("agent"), &model.url());
        let setup = agent.set_up(&place, Beginning::Ready).expect("each agent can be ready");
        Self { agent, program: text(&installed.program(agent)), model, tow, place, setup }
    }

    fn spawns(&self, pane: &str, options: &[&str]) {
        let (work, home) = (text(&self.place.work), text(&self.place.home));
        let mut words = vec!["spawn", "--detach", "--name", pane, "--cwd", &work];
        words.extend(options);
        let mut words: Vec<String> = words.into_iter().map(String::from).collect();
        words.extend(["--env".into(), format!("HOME={home}")]);
        for (name, value) in &self.setup.environment {
            words.extend(["--env".into(), format!("{name}={value}")]);
        }
        words.extend(["--".into(), self.program.clone()]);
        words.extend(self.setup.arguments.clone());
        self.tow.ok(&words);
    }

    fn rests(&self, pane: &str) {
        self.tow.ok(&["wait", pane, "--state", "idle", "--timeout", "60s"]);
    }

    /// Gives it a prompt, and waits for its answer and for its rest.
    fn talks(&self, pane: &str, words: &str) {
        self.rests(pane);
        let mark = self.model.mark();
        let sent = self.tow.run(&["send", pane, words]);
        let screen = || self.tow.run(&["peek", pane, "--screen"]).stdout;
        assert_eq!(sent.status, 0, "{}\n{}", sent.stderr, screen());
        let came = self.model.wait("been asked", mark, |event| event.is_prompt(words));
        self.tow.wait_output(pane, &came.final_word());
        // It may still be said to rest from before: a moment until that it works is seen.
        std::thread::sleep(Duration::from_millis(500));
        self.rests(pane);
    }

    fn ends_and_resumes(&self, pane: &str) {
        self.tow.run(&["send", pane, self.agent.habits().quits[0]]);
        wait_until("it has ended", || {
            let panes = self.tow.panes();
            let it = panes.into_iter().find(|it| it["name"] == pane)?;
            (it["agent"]["state"] == "exited").then_some(())
        });
        self.tow.ok(&["resume", pane]);
    }

    fn conversation(&self, pane: &str) -> String {
        let panes = self.tow.panes();
        let it = panes.into_iter().find(|it| it["name"] == pane).expect("the pane is listed");
        it["agent"]["session_id"].as_str().expect("its conversation is known").to_owned()
    }
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
