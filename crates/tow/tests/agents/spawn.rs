//! How agents are started, and started again: presets, isolation, conversations.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::Value;
use towline_testkit::{Fleet, Tow, process, wait_until};

const CLAUDE: &str = include_str!("fake-claude.sh");

/// A host with a stand-in for Claude Code.
struct Host {
    tow: Tow,
    boots: u32,
}

impl Host {
    fn new() -> Self {
        let mut tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
        let bin = tow.folder().join("bin");
        fs::create_dir(&bin).unwrap();
        write_program(&bin.join("claude"), CLAUDE);
        // Nothing but what is needed: no agent of the machine's own.
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let profile = format!(
            "PATH='{path}'\nTEST_TOW='{}'\nexport PATH TEST_TOW\n",
            env!("CARGO_BIN_EXE_tow")
        );
        fs::write(tow.folder().join("home/.profile"), profile).unwrap();
        tow.set_env("PATH", path);
        tow.set_env("TEST_TOW", env!("CARGO_BIN_EXE_tow"));
        let boot = tow.folder().join("boot_id");
        tow.set_env("TOWLINE_BOOT_ID_FILE", boot);
        let mut host = Self { tow, boots: 0 };
        host.boot();
        host
    }

    fn home(&self) -> PathBuf {
        self.tow.folder().join("home")
    }

    fn configure(&self, text: &str) {
        let path = self.tow.home().join("config/config.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn boot(&mut self) {
        self.boots += 1;
        fs::write(self.tow.folder().join("boot_id"), format!("boot {}\n", self.boots)).unwrap();
        self.tow.ok(&["server", "start"]);
    }

    /// Ends all at once, as a power cut does.
    fn crash(&self, panes: &[&str]) {
        let pids = |field: &str| -> Vec<i32> {
            let pid = |pane: &&str| self.tow.pane(pane)[field].as_i64();
            panes.iter().filter_map(pid).map(|pid| i32::try_from(pid).unwrap()).collect()
        };
        let (holders, programs) = (pids("holder_pid"), pids("pid"));
        self.tow.kill_server();
        holders.into_iter().chain(programs).for_each(process::kill);
    }

    /// What the starts said of themselves.
    fn runs(&self) -> Vec<Run> {
        let text = fs::read_to_string(self.home().join("runs")).unwrap_or_default();
        text.lines().map(|line| Run(line.to_owned())).collect()
    }

    /// Waits for so many starts, and returns the last of them.
    #[track_caller]
    fn run(&self, count: usize) -> Run {
        let runs =
            wait_until("it was started", || Some(self.runs()).filter(|runs| runs.len() >= count));
        assert_eq!(runs.len(), count, "{runs:?}");
        runs.last().unwrap().clone()
    }

    /// Starts the agent with a prompt that it has answered when this returns.
    #[track_caller]
    fn begin(&self, name: &str, options: &[&str]) -> Run {
        let before = self.runs().len();
        let words =
            [&["spawn", "--detach", "--name", name][..], options, &["--", "claude", "hello"]];
        self.tow.ok(&words.concat());
        self.tow.wait_output(name, "^ready");
        wait_until("it was said to have begun", || {
            (self.tow.pane(name)["conversation"]["begun"] == true).then_some(())
        });
        self.run(before + 1)
    }

    /// The conversation of a pane's agent.
    #[track_caller]
    fn id(&self, name: &str) -> String {
        self.tow.pane(name)["conversation"]["id"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn ended(&self, name: &str) -> Value {
        wait_until("it has ended", || {
            let pane = self.tow.pane(name);
            (pane["status"].as_str().unwrap().starts_with("exited") || !pane["exit"].is_null())
                .then_some(pane)
        })
    }
}

/// One start of the stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run(String);

impl Run {
    #[track_caller]
    fn get(&self, field: &str) -> &str {
        let start = format!("{field}=");
        let found = self.0.split(' ').find_map(|word| word.strip_prefix(&start));
        found.unwrap_or_else(|| panic!("no {field}: {self:?}"))
    }

    #[track_caller]
    fn id(&self) -> &str {
        self.get("id")
    }
}

fn write_program(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_preset_says_how_an_agent_is_started() {
    let host = Host::new();
    fs::create_dir(host.tow.work().join("review")).unwrap();
    host.configure(&format!(
        "[agent.review]\nkind = \"claude\"\nmodel = \"opus\"\nenv = {{ KEY = \"a-b\" }}\ncwd = \"{}\"\nrestart = \"always\"\n\
         [agent.claude]\nmodel = \"sonnet\"\nhooks = false\n[agent.wrapped]\nkind = \"claude\"\ncommand = [\"env\", \"claude\"]\n",
        host.tow.work().join("review").display()
    ));
    host.tow.ok(&["spawn", "--detach", "--preset", "review"]);
    let run = host.run(1);
    assert_eq!((run.get("model"), run.get("key"), run.get("hooks")), ("opus", "a-b", "yes"));
    let pane = host.tow.pane("review");
    assert_eq!(pane["restart"], "always", "{pane}");
    assert_eq!(pane["conversation"]["preset"], "review");
    assert_eq!(pane["conversation"]["id"], run.id());
    assert_eq!(pane["command"], serde_json::json!(["claude"]));
    let words = host.tow.ok(&["info", "review"]);
    assert!(words.contains("\nmodel        opus\n"), "{words}");
    assert!(words.contains("(nothing said yet)"), "{words}");
    // A preset by the name of a kind is what that kind means; options come before it.
    host.tow.ok(&["spawn", "--detach", "--name", "y", "--agent", "claude", "--model", "haiku"]);
    let run = host.run(2);
    assert_eq!((run.get("model"), run.get("hooks")), ("haiku", "no"));
    // What starts it need not show what it is.
    host.tow.ok(&["spawn", "--detach", "--name", "z", "--agent", "wrapped", "--env", "KEY=k"]);
    let run = host.run(3);
    assert_eq!((run.get("hooks"), run.get("key")), ("yes", "k"));
    assert_eq!(host.tow.pane("z")["agent"]["kind"], "claude");
}

#[test]
fn what_is_wrong_with_an_agent_or_preset_is_said_with_what_helps() {
    let host = Host::new();
    host.configure("[agent.review]\nkind = \"claude\"\n");
    let spawn = |options: &[&str]| host.tow.run(&[&["spawn", "--detach"][..], options].concat());
    let told = spawn(&["--agent", "cluade"]).expect_error(2, "\"cluade\"");
    assert!(told.stderr.contains("hint: did you mean claude?"), "{told:?}");
    let told = spawn(&["--preset", "reviwe"]).expect_error(2, "[agent.reviwe]");
    assert!(told.stderr.contains("review"), "{told:?}");
    spawn(&["--agent", "claude", "--", "sh"]).expect_error(2, "--agent");
    spawn(&["--preset", "review", "--", "sh"]).expect_error(2, "--preset");
    host.tow
        .run(&["new", "--detach", "--agent", "claude", "--command", "true"])
        .expect_error(2, "--command");
    let told = spawn(&["--agent", "codex"]).expect_error(1, "codex is not installed");
    assert!(told.stderr.contains("hint: npm install -g "), "{told:?}");
    let told = spawn(&["--model", "x", "--", "sh", "-c", "true"]);
    told.expect_error(2, "the command starts no agent that is known");
    spawn(&["--agent", "claude", "--resume=-x"]).expect_error(2, "no id of a conversation");
    host.configure("[agent.review]\nkind = \"claude\"\nisolation = 1\n");
    spawn(&["--preset", "review"]).expect_error(2, "config.toml:3: agent.review.isolation must be");
    host.configure("[agent.review]\nkind = \"cluade\"\n");
    let told = host.tow.run(&["config", "check"]).expect_status(2);
    assert!(told.stderr.contains("config.toml:2: no kind of agent is called"), "{told:?}");
    spawn(&["--preset", "review"]).expect_error(2, "\"cluade\"");
    assert!(host.tow.panes().is_empty() && host.runs().is_empty());
}

#[test]
fn an_ended_agent_goes_on_with_its_conversation_in_its_pane() {
    let host = Host::new();
    let first = host.begin("x", &["--env", "KEY=k"]);
    let before = host.tow.pane("x");
    let running = host.tow.run(&["resume", "x"]).expect_error(1, "claude in x is running");
    assert!(running.stderr.contains("hint: tow attach x"), "{running:?}");
    // Two agents are never on one conversation.
    let options = ["spawn", "--detach", "--name", "y", "--agent", "claude", "--resume", first.id()];
    let told = host.tow.run(&options).expect_error(1, "x is having that conversation");
    assert!(told.stderr.contains("hint: tow attach x"), "{told:?}");
    process::signal(pid(&before["pid"]), Signal::KILL);
    let ended = host.ended("x");
    assert_eq!(ended["exit"]["signal"], 9, "{ended}");
    assert_eq!(ended["agent"]["state"], "exited", "{ended}");

    assert_eq!(host.tow.ok(&["resume", "--detach", "x"]), "x\n");
    let second = host.run(2);
    assert_eq!((second.id(), second.get("resumed")), (first.id(), "yes"));
    // The prompt it was started with was sent long ago; what was given by name is still there.
    assert_eq!((second.get("prompt"), second.get("key")), ("-", "k"));
    let pane = host.tow.pane("x");
    for same in ["id", "name", "created_at", "cwd", "command"] {
        assert_eq!(pane[same], before[same], "{same}");
    }
    assert_eq!(pane["agent"]["session_id"], first.id(), "{pane}");
    let text = host.tow.ok(&["peek", "x"]);
    assert!(text.contains("answered hello") && text.matches("ready").count() == 2, "{text}");
    // An orderly end is one, too; and while another pane has the conversation it stays there.
    process::kill(pid(&pane["pid"]));
    host.ended("x");
    assert_eq!(host.tow.ok(&options), "y\n");
    host.tow.run(&["resume", "--detach", "x"]).expect_error(1, "y is having that conversation");
    // A name that was given away meanwhile is not taken back.
    host.tow.ok(&["kill", "y"]);
    host.tow.spawn("x", "exec sleep 1000");
    let id = pane["id"].as_str().unwrap();
    assert_eq!(host.tow.ok(&["resume", "--detach", id]), "x-2\n");
}

#[test]
fn what_can_not_go_on_is_said() {
    let host = Host::new();
    host.tow.run(&["resume", "none"]).expect_error(3, "none");
    host.tow.spawn("plain", "exit 0");
    host.ended("plain");
    host.tow.run(&["resume", "plain"]).expect_error(2, "runs no agent that is known");
    // Nothing was said.
    host.tow.ok(&["spawn", "--detach", "--name", "idle", "--agent", "claude"]);
    host.tow.wait_output("idle", "^ready");
    process::kill(pid(&host.tow.pane("idle")["pid"]));
    host.ended("idle");
    host.tow.run(&["resume", "idle"]).expect_error(1, "there is nothing to continue");
    // In a shell that lives on.
    let shell = "claude hello; echo over; exec sleep 1000";
    host.tow.spawn("shell", shell);
    host.tow.wait_output("shell", "^ready");
    wait_until("it is seen", || {
        (host.tow.pane("shell")["agent"]["kind"] == "claude").then_some(())
    });
    host.tow.ok(&["send", "shell", "quit", "--force"]);
    host.tow.wait_output("shell", "^over");
    wait_until("it has ended", || {
        (host.tow.pane("shell")["agent"]["state"] == "exited").then_some(())
    });
    let told = host.tow.run(&["resume", "shell"]);
    let told = told.expect_error(1, "claude in shell has ended, and the shell");
    assert!(told.stderr.contains("hint: tow spawn --agent claude --resume"), "{told:?}");
}

#[test]
fn a_conversation_that_is_gone_ends_the_agent_and_that_is_seen() {
    let host = Host::new();
    let gone = "11111111-2222-4333-8444-555555555555";
    let told = host
        .tow
        .run(&["spawn", "--detach", "--name", "x", "--agent", "claude", "--resume", gone])
        .expect_error(1, "claude in x ended at once (status 1): No conversation found");
    assert!(told.stderr.contains("hint: tow peek %1"), "{told:?}");
    assert_eq!(host.tow.pane("x")["exit"]["status"], 1);
    // One that was told to come back does so some times, and no more.
    let first = host.begin("y", &["--restart", "on-failure"]);
    fs::remove_file(host.home().join(".claude/talks").join(first.id())).unwrap();
    let before = host.runs().len();
    process::signal(pid(&host.tow.pane("y")["pid"]), Signal::KILL);
    host.tow.ok(&["wait", "y", "--exit"]);
    let pane = host.tow.pane("y");
    assert_eq!((&pane["exit"]["status"], &pane["restarts"]), (&1.into(), &3.into()), "{pane}");
    assert_eq!(host.runs().len(), before + 3);
    let words = host.tow.ok(&["info", "y"]);
    let limit = "restart      on-failure (started again 3 times in a row, which is the limit)";
    assert!(words.contains(limit), "{words}");
}

#[test]
fn after_a_reboot_agents_are_back_with_their_conversations() {
    let mut host = Host::new();
    host.configure("[agent.forgets]\nkind = \"claude\"\nrestart = \"on-reboot\"\nresume = false\n");
    let ids: Vec<String> = [("a", None), ("b", Some("on-failure")), ("c", Some("never"))]
        .map(|(name, restart)| {
            let options = restart.map(|restart| ["--restart", restart]);
            host.begin(name, options.as_ref().map_or(&[], |options| &options[..])).id().to_owned()
        })
        .into();
    host.tow.ok(&["spawn", "--detach", "--name", "unused", "--agent", "claude"]);
    let unused = host.run(4);
    host.tow.ok(&["spawn", "--detach", "--name", "forgets", "--preset", "forgets"]);
    host.run(5);
    for name in ["unused", "forgets"] {
        host.tow.wait_output(name, "^ready");
    }
    host.crash(&["a", "b", "c", "unused", "forgets"]);
    host.boot();
    wait_until("they are back", || (host.runs().len() == 9).then_some(()));
    let runs = host.runs().split_off(5);
    let of = |id: &str| runs.iter().filter(|run| run.id() == id).collect::<Vec<_>>();
    for id in &ids[..2] {
        let [run] = of(id)[..] else { panic!("{id}: {runs:?}") };
        assert_eq!((run.get("resumed"), run.get("prompt"), run.get("hooks")), ("yes", "-", "yes"));
    }
    assert!(of(&ids[2]).is_empty(), "{runs:?}");
    // Where nothing was said there is nothing to go on with.
    assert!(of(unused.id()).is_empty(), "{runs:?}");
    assert_eq!(runs.iter().filter(|run| run.get("resumed") == "no").count(), 2, "{runs:?}");
    assert_eq!(host.tow.pane("c")["exit"]["lost"], "reboot");
    assert_eq!((host.id("a"), host.id("b")), (ids[0].clone(), ids[1].clone()));
    assert_ne!(host.id("unused"), unused.id());
    // And once more, by the next server of the same boot and by the next boot.
    host.tow.kill_server();
    host.tow.ok(&["server", "start"]);
    assert_eq!(host.runs().len(), 9);
    host.crash(&["a", "b", "unused", "forgets"]);
    host.boot();
    wait_until("they are back", || (host.runs().len() == 13).then_some(()));
    assert_eq!(host.id("a"), ids[0]);
}

#[test]
fn an_isolated_agent_has_a_folder_of_its_own_that_is_kept_until_it_is_cleaned() {
    let host = Host::new();
    let mine = host.home().join(".claude");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("settings.json"), "{\"mine\":1}").unwrap();
    fs::write(mine.join(".credentials.json"), "secret").unwrap();
    let first = host.begin("a b", &["--isolated"]);
    let folder = PathBuf::from(first.get("config"));
    assert_eq!(folder, host.tow.state().join("isolated/a_b-1"));
    assert_eq!(fs::read_to_string(folder.join("settings.json")).unwrap(), "{\"mine\":1}");
    assert_eq!(fs::read_to_string(folder.join(".credentials.json")).unwrap(), "secret");
    assert!(folder.join("talks").join(first.id()).exists());
    assert!(!mine.join("talks").exists(), "the user's own history is left alone");
    let mode = {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode, 0o700);
    let words = host.tow.ok(&["info", "a b"]);
    assert!(words.contains("(with a configuration folder of its own)"), "{words}");
    // Its conversation goes on in there.
    process::kill(pid(&host.tow.pane("a b")["pid"]));
    host.ended("a b");
    host.tow.ok(&["resume", "--detach", "a b"]);
    host.tow.ok(&["rename", "a b", "c"]);
    let second = host.run(2);
    assert_eq!((second.id(), second.get("config")), (first.id(), first.get("config")));
    // It outlives its pane.
    let other = host.begin("d", &["--isolated"]);
    assert_ne!(other.get("config"), first.get("config"));
    host.tow.ok(&["clean", "--isolated"]);
    host.tow.ok(&["kill", "c"]);
    assert_eq!(host.tow.ok(&["clean"]), "nothing to remove\n");
    assert!(folder.exists());
    let told = host.tow.ok(&["clean", "--isolated"]);
    assert!(told.starts_with(&format!("removed {}\n", folder.display())), "{told}");
    assert!(!folder.exists() && PathBuf::from(other.get("config")).exists());
    assert_eq!(fs::read_to_string(mine.join("settings.json")).unwrap(), "{\"mine\":1}");
}

#[test]
fn an_agent_starts_also_where_its_folder_can_not_be_had() {
    let host = Host::new();
    // As a folder that is locked down for everybody.
    fs::write(host.tow.state().join("isolated"), "in the way").unwrap();
    let words = ["spawn", "--detach", "--name", "x", "--isolated", "--agent", "claude"];
    let told = host.tow.run(&words).expect_status(0);
    assert_eq!(told.stdout, "x\n");
    let warning = "warning: x: it gets no configuration folder of its own: ";
    assert!(told.stderr.starts_with(warning), "{told:?}");
    assert!(
        told.stderr.contains("isolated/x-1: ") && !told.stderr.contains("os error"),
        "{told:?}"
    );
    let run = host.run(1);
    assert_eq!(
        (run.get("config"), run.get("hooks")),
        (&*format!("{}/.claude", host.home().display()), "yes")
    );
}

#[test]
fn the_kinds_of_agents_are_listed_with_where_they_are() {
    let host = Host::new();
    host.configure("[agent.review]\nkind = \"claude\"\nmodel = \"opus\"\n");
    let list = host.tow.json(&["agents", "list", "--json"]);
    let agents = list["hosts"][0]["agents"].as_array().unwrap();
    let of = |kind: &str| agents.iter().find(|agent| agent["kind"] == kind).unwrap();
    let claude = host.tow.folder().join("bin/claude");
    assert_eq!(of("claude")["program"], claude.to_str().unwrap());
    assert_eq!(
        (&of("claude")["rules"], &of("claude")["hooks"]),
        (&"built in".into(), &true.into())
    );
    assert_eq!((&of("aider")["rules"], &of("codex")["program"]), (&Value::Null, &Value::Null));
    assert_eq!(list["presets"][0]["name"], "review");
    // One's own rules are told, and what is wrong with them.
    let rules = host.tow.home().join("config/agents");
    fs::create_dir_all(&rules).unwrap();
    let mine = "kind = \"mine\"\nprograms = [\"mine-cli\"]\n";
    fs::write(rules.join("mine.toml"), mine).unwrap();
    assert_eq!(host.tow.ok(&["agents", "check"]), "");
    fs::write(rules.join("bad.toml"), "kind = \"bad\"\n[[rule]]\nname = \"x\"\nstate = \"busy\"\n")
        .unwrap();
    let told = host.tow.run(&["agents", "check"]).expect_status(2);
    let line = told.stderr.lines().find(|line| line.contains("bad.toml:4: ")).unwrap();
    assert!(line.contains("\"busy\" is no state of a rule"), "{told:?}");
    host.tow.run(&["config", "check"]).expect_status(2);
    let doctor = host.tow.run(&["doctor", "--json"]);
    assert_eq!(doctor.stdout.matches("bad.toml:4: ").count(), 1, "{doctor:?}");
    wait_until("the server has read it", || {
        let list = host.tow.ok(&["agents", "list"]);
        let row = list.lines().find(|line| line.starts_with("mine "));
        row.filter(|row| row.contains("mine.toml")).map(drop)
    });
    // A kind of one's own is started by its program.
    write_program(&host.tow.folder().join("bin/mine-cli"), "#!/bin/sh\nexec sleep 1000\n");
    host.tow.ok(&["spawn", "--detach", "--name", "m", "--agent", "mine"]);
    assert_eq!(host.tow.pane("m")["agent"]["kind"], "mine");
}

#[test]
fn an_agent_is_started_and_brought_back_on_another_host_as_it_is_installed_there() {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).towline("thor").tmux("loki");
    let thor = fleet.host_named("thor");
    let loki = fleet.host_named("loki");
    thor.project("app");
    loki.project("app");
    let config = "[agent.review]\nkind = \"claude\"\nhost = \"thor\"\nmodel = \"opus\"\nenv = { KEY = \"k\" }\ncwd = \"app\"\n";
    fs::write(fleet.tow.home().join("config/config.toml"), config).unwrap();
    let missing = fleet.tow.run(&["spawn", "-d", "--preset", "review"]);
    let missing = missing.expect_error(1, "thor: claude is not installed");
    assert!(missing.stderr.contains("hint: on thor: npm install -g "), "{missing:?}");
    thor.install("claude", CLAUDE);
    loki.install("claude", CLAUDE);
    let runs = |home: PathBuf| {
        let text = fs::read_to_string(home.join("runs")).unwrap_or_default();
        text.lines().map(|line| Run(line.to_owned())).collect::<Vec<_>>()
    };
    let run = |home: PathBuf, count: usize| {
        let look = || Some(runs(home.clone())).filter(|runs| runs.len() == count);
        wait_until("it was started", look).pop().unwrap()
    };
    assert_eq!(fleet.tow.ok(&["spawn", "-d", "--preset", "review"]), "thor:app\n");
    let first = run(thor.home(), 1);
    assert_eq!((first.get("model"), first.get("key"), first.get("hooks")), ("opus", "k", "yes"));
    let pane = fleet.tow.pane("thor:app");
    assert_eq!(pane["conversation"]["id"], first.id(), "{pane}");
    // What it uses is known here, too.
    wait_until("its memory is told", || {
        let list = fleet.tow.json(&["list", "--json"]);
        let app = list["panes"].as_array()?.iter().find(|pane| pane["name"] == "app")?.clone();
        (app["memory_bytes"].as_u64()? > 0 && app["agent"]["kind"] == "claude").then_some(())
    });
    fleet.tow.ok(&["spawn", "-d", "--on", "thor", "--name", "b", "app", "--", "claude", "hello"]);
    let second = run(thor.home(), 2);
    wait_until("it was said to have begun", || {
        (fleet.tow.pane("thor:b")["conversation"]["begun"] == true).then_some(())
    });
    process::kill(pid(&fleet.tow.pane("thor:b")["pid"]));
    wait_until("it has ended", || (!fleet.tow.pane("thor:b")["exit"].is_null()).then_some(()));
    assert_eq!(fleet.tow.ok(&["resume", "-d", "thor:b"]), "thor:b\n");
    let third = run(thor.home(), 3);
    assert_eq!((third.id(), third.get("resumed")), (second.id(), "yes"));
    // Without Towline there it gets what arguments can say.
    let id = second.id();
    let words = [
        "spawn", "-d", "--on", "loki", "--agent", "claude", "--model", "opus", "--resume", id,
        "app",
    ];
    fs::create_dir_all(loki.home().join(".claude/talks")).unwrap();
    fs::write(loki.home().join(".claude/talks").join(id), "").unwrap();
    assert_eq!(fleet.tow.ok(&words), "loki:app\n");
    let there = run(loki.home(), 1);
    assert_eq!((there.id(), there.get("model"), there.get("hooks")), (id, "opus", "no"));
    let isolated = ["spawn", "-d", "--on", "loki", "--agent", "claude", "--isolated", "app"];
    fleet.tow.run(&isolated).expect_error(2, "from Towline alone");
    let list = fleet.tow.json(&["agents", "list", "--host", "thor", "--json"]);
    let claude = &list["hosts"][0]["agents"][0];
    assert_eq!((&list["hosts"][0]["host"], &claude["kind"]), (&"thor".into(), &"claude".into()));
    assert!(claude["program"].as_str().unwrap().ends_with("/claude"), "{list}");
    let told = fleet.tow.run(&["agents", "list", "--host", "loki"]).expect_status(1);
    assert!(told.stderr.contains("tow: loki: there is no Towline"), "{told:?}");
}

fn pid(value: &Value) -> i32 {
    i32::try_from(value.as_i64().unwrap()).unwrap()
}
