//! Work on other hosts: slings that go there, and ledgers that come home by themselves.

use std::path::{Path, PathBuf};
use std::time::Instant;

use towline_testkit::{Cut, Demo, Fleet, Host, wait_until};

use crate::common::{self, git, json_in, ok_in};

/// A town here, and a host for its workers.
pub(crate) struct Scene {
    pub(crate) fleet: Fleet,
    pub(crate) town: PathBuf,
}

impl Scene {
    /// Workers there do nothing.
    pub(crate) fn new() -> Self {
        Self::with("\"sleep 600\"")
    }

    /// Workers there run this command, as the configuration has it.
    pub(crate) fn with(command: &str) -> Self {
        let fleet = common::fleet().towline("thor");
        let town = common::town(&fleet.tow);
        let scene = Self { fleet, town };
        scene.configure(command);
        scene
    }

    pub(crate) fn configure(&self, command: &str) {
        let config = self.fleet.tow.home().join("config/config.toml");
        let text = format!(
            "[agent.far]\nhost = \"thor\"\ncommand = {command}\nenv = {{ POWER = \"a lot\" }}\n\
             [sling]\nheavy_preset = \"far\"\n"
        );
        std::fs::write(config, text).unwrap();
    }

    pub(crate) fn thor(&self) -> &Host {
        self.fleet.host_named("thor")
    }

    /// A worker's folder on the other host.
    pub(crate) fn there(&self, worker: &str) -> PathBuf {
        self.thor().projects().join("town/demo/polecats").join(worker)
    }

    pub(crate) fn here(&self, arguments: &[&str]) -> String {
        ok_in(&self.fleet.tow, &self.town, arguments)
    }

    /// What Toast does there.
    pub(crate) fn toast(&self, arguments: &[&str]) -> String {
        ok_in(self.thor().there(), &self.there("Toast"), arguments)
    }

    pub(crate) fn issue(&self, title: &str) -> String {
        self.here(&["issue", "create", title, "--rig", "demo", "--silent"]).trim().to_owned()
    }

    pub(crate) fn status(&self, id: &str) -> String {
        let shown = json_in(&self.fleet.tow, &self.town, &["issue", "show", id, "--json"]);
        shown[0]["status"].as_str().unwrap_or_default().to_owned()
    }

    /// The names of the panes on the other host.
    pub(crate) fn panes(&self) -> Vec<String> {
        let list = json_in(self.thor().there(), &self.thor().home(), &["list", "--json"]);
        let panes = list["panes"].as_array().unwrap();
        panes.iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect()
    }

    fn ledgers(&self) -> [(Vec<u8>, Vec<u8>); 2] {
        let far = self.thor().projects().join("town");
        ["", "demo"].map(|rig| {
            let read =
                |town: &Path| std::fs::read(town.join(rig).join(".beads/issues.jsonl")).unwrap();
            (read(&self.town), read(&far))
        })
    }

    /// Waits until both sides have the same.
    #[track_caller]
    pub(crate) fn agree(&self) {
        wait_until("both sides have the same", || {
            self.ledgers().iter().all(|(here, there)| here == there).then_some(())
        });
    }
}

#[test]
fn a_sling_goes_to_another_host_and_what_is_done_there_comes_home() {
    let scene = Scene::new();
    let (tow, thor) = (&scene.fleet.tow, scene.thor());
    let id = scene.issue("Fix the build");
    let said = scene.here(&["sling", &id, "demo", "--heavy", "--args", "it's \"urgent\"\nmode: x"]);
    let far = scene.there("Toast");
    let expected = format!(
        "🎯 Slinging {id} to demo/polecats/Toast...\n✓ Work attached to hook\n✓ Args stored in bead (durable)\n\
         ✓ Branch main pushed (to thor)\n✓ Worktree ready: thor:{} (polecat/Toast)\n✓ Ledgers exchanged with thor\n\
         ✓ Pane started: thor:demo-Toast\n○ No pane to nudge (agent will discover work via tow prime): ",
        far.display()
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(far.join("README.md").is_file());
    assert!(!scene.town.join("demo/polecats/Toast").exists(), "it has no worktree here");
    let prime = scene.toast(&["prime"]);
    assert!(prime.contains(&id) && prime.contains("it's \"urgent\"\n  mode: x"), "{prime}");
    let environment = thor.tow(&["info", "demo-Toast", "--json"]).expect_status(0).stdout;
    assert!(environment.contains("polecats/Toast"), "{environment}");

    // Again: it is there already.
    let again = scene.here(&["sling", &id, "demo/Toast", "--heavy"]);
    assert!(
        again.contains("already hooked") && again.contains("✓ Pane is there: thor:demo-Toast"),
        "{again}"
    );
    assert_eq!(scene.panes(), ["demo-Toast"]);

    // It is closed there, and a mail is written: both come home without a command.
    scene.toast(&["issue", "close", &id, "-r", "fixed"]);
    let closed = Instant::now();
    let ledger = || std::fs::read_to_string(scene.town.join("demo/.beads/issues.jsonl")).unwrap();
    wait_until("the end is written here", || ledger().contains("\"closed_at\"").then_some(()));
    eprintln!("it came home after {:?}", closed.elapsed());
    scene.toast(&["mail", "send", "mayor/", "-s", "The build is fixed", "-m", "All green."]);
    wait_until("the end comes home", || (scene.status(&id) == "closed").then_some(()));
    wait_until("the mail comes home", || {
        let inbox = ok_in(tow, &scene.town, &["mail", "inbox", "mayor/"]);
        inbox.contains("The build is fixed").then_some(())
    });

    // And what is written here goes there.
    let next = scene.issue("The next one");
    wait_until("the next issue goes there", || {
        scene.toast(&["issue", "list", "--json"]).contains(&next).then_some(())
    });
    scene.agree();
}

#[test]
fn with_the_host_away_the_work_stays_hooked_and_goes_there_when_it_is_back() {
    let scene = Scene::new();
    let link = &scene.thor().relay;
    link.cut(Cut::Refuse);
    let id = scene.issue("Fix the build");
    let said = scene.here(&["sling", &id, "demo", "--preset", "far"]);
    let away = "○ thor is away (the work stays hooked, and goes there when it is back): Connection refused";
    assert!(said.contains("✓ Work attached to hook") && said.contains(away), "{said}");
    assert_eq!(scene.status(&id), "hooked");
    // What is taken back meanwhile doesn't go there.
    let other = scene.issue("Not this one");
    scene.here(&["sling", &other, "demo/Nux", "--host", "thor"]);
    scene.here(&["unhook", &other, "--force"]);
    link.restore();
    wait_until("the pane is there", || (scene.panes() == ["demo-Toast"]).then_some(()));
    assert!(scene.toast(&["prime"]).contains(&id));
    assert!(!scene.there("Nux").exists());
    // The link breaks, both sides go on, and agree when it is back.
    link.cut(Cut::Hang);
    scene.toast(&["issue", "close", &id]);
    let next = scene.issue("The next one");
    link.restore();
    link.drop_connections();
    wait_until("the end comes home", || (scene.status(&id) == "closed").then_some(()));
    scene.agree();
    assert_eq!(scene.status(&next), "open");
}

#[test]
fn finished_work_comes_home_with_its_branch_and_agents_are_told() {
    let scene = Scene::new();
    let (tow, thor) = (&scene.fleet.tow, scene.thor());
    let far = Demo::install(thor.there());
    scene.configure(&format!("{:?}", far.program().to_str().unwrap()));
    let here = Demo::install(tow);
    here.spawn(tow, "mayor", &[]);
    let id = scene.issue("Fix the build");
    let convoy = scene.here(&["convoy", "create", "All of it", &id]);
    let said = scene.here(&["sling", &id, "demo", "--heavy", "--args", "patch release"]);
    assert!(said.ends_with("▶ Start prompt sent\n"), "{said}");
    let toast = scene.there("Toast");
    let taken = || std::fs::read_to_string(toast.join("taken")).unwrap_or_default();
    wait_until("the worker is told", || {
        taken().contains(&format!("Work slung: {id}. Args: patch release")).then_some(())
    });

    // What the demo agent writes is no part of the project.
    let exclude =
        git(&toast, &["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"]);
    let excluded = std::fs::read_to_string(&exclude).unwrap_or_default() + "\n/taken\n";
    std::fs::write(&exclude, excluded).unwrap();
    std::fs::write(toast.join("fix.txt"), "x").unwrap();
    git(&toast, &["add", "fix.txt"]);
    git(&toast, &["commit", "-q", "-m", "Fix it"]);
    scene.toast(&["done"]);
    wait_until("the mayor is told", || {
        let told = here.taken().join("\n");
        let closed = format!("{id} is closed: Fix the build (demo/polecats/Toast)");
        (told.contains("[from another host]") && told.contains(&closed)).then_some(())
    });
    assert_eq!(scene.status(&id), "closed");
    let bare = tow.work().join("demo.git");
    assert_eq!(git(&bare, &["log", "-1", "--format=%s", "polecat/Toast"]), "Fix it");
    let requests = scene.here(&[
        "issue",
        "list",
        "--type",
        "merge-request",
        "--rig",
        "demo",
        "--all",
        "--json",
    ]);
    assert!(requests.contains("polecat/Toast"), "{requests}");
    let convoy = convoy.split("hq-cv-").nth(1).unwrap();
    let convoy =
        format!("hq-cv-{}", convoy.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap());
    wait_until("the convoy has landed", || (scene.status(&convoy) == "closed").then_some(()));
    scene.agree();
    // A mail from here to the worker there is typed in there.
    scene.here(&["mail", "send", "demo/Toast", "-s", "Well done", "-m", "Thanks."]);
    wait_until("the worker is told again", || {
        taken().contains("mail from mayor/: Well done").then_some(())
    });
}

#[test]
fn servers_that_were_killed_know_what_they_exchange() {
    let scene = Scene::new();
    let id = scene.issue("Fix the build");
    scene.here(&["sling", &id, "demo", "--heavy"]);
    scene.agree();
    scene.thor().kill_server();
    scene.fleet.tow.kill_server();
    // Nobody is there to tell or to hear of it.
    scene.toast(&["issue", "close", &id]);
    scene.here(&["list"]);
    wait_until("the end comes home", || (scene.status(&id) == "closed").then_some(()));
    let exchanged = json_in(&scene.fleet.tow, &scene.town, &["ledger", "exchange", "--json"]);
    assert_eq!(exchanged[0]["host"], "thor");
    assert_eq!((&exchanged[0]["came"], &exchanged[0]["went"]), (&0.into(), &0.into()));
    assert_eq!(exchanged[0]["workers"][0], "demo/polecats/Toast");
    scene
        .fleet
        .tow
        .run_in(&scene.town, &["ledger", "exchange", "loki"])
        .expect_error(3, "nothing is exchanged with loki");
    scene.thor().relay.cut(Cut::Refuse);
    scene
        .fleet
        .tow
        .run_in(&scene.town, &["ledger", "exchange", "thor"])
        .expect_error(1, "thor is away");
}
