//! `tow send` to an agent: waiting until it takes input, and seeing that it has taken it. And `prompt`, `approve`, `deny`,
//! `broadcast --state`.

use std::time::{Duration, Instant};

use towline_testkit::{Cut, Demo, Fleet, Random, Tow, process, wait_until};

fn tow() -> (Tow, Demo) {
    let tow = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let demo = Demo::install(&tow);
    (tow, demo)
}

/// Waits until the agent is in this state.
#[track_caller]
fn until(tow: &Tow, target: &str, state: &str) {
    wait_until(&format!("{target} is {state}"), || {
        (tow.pane(target)["agent"]["state"] == state).then_some(())
    });
}

/// Waits until so many prompts were taken, and returns them.
#[track_caller]
fn taken(demo: &Demo, count: usize) -> Vec<String> {
    wait_until("the prompts are taken", || Some(demo.taken()).filter(|all| all.len() >= count))
}

#[test]
fn an_idle_agent_takes_it_and_that_is_said() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    until(&tow, "x", "idle");
    let told = tow.ok(&["send", "x", "fix", "the tests"]);
    assert_eq!(told, "sent → x: \"fix the tests\" (taken: it works)\n");
    assert_eq!(demo.taken(), ["fix the tests"]);
    // Of several lines it is one paste.
    until(&tow, "x", "done");
    tow.run_with_input(&["send", "x", "--stdin"], b"one\ntwo\nthree\n").expect_status(0);
    assert_eq!(demo.taken()[1..], [r"one\ntwo\nthree"]);
}

#[test]
fn one_that_starts_is_waited_for() {
    let (tow, demo) = tow();
    demo.begin(&tow, "x", &["start=1.5"]);
    until(&tow, "x", "starting");
    let told = tow.json(&["send", "x", "hello", "--json"]);
    assert_eq!(told["taken"], "it works");
    assert_eq!(demo.taken(), ["hello"]);
    demo.begin(&tow, "y", &["start=100"]);
    until(&tow, "y", "starting");
    let told = tow.run(&["send", "y", "hello", "--timeout", "500ms"]);
    let told = told.expect_error(1, "the agent in y is still starting");
    assert!(told.stderr.contains("hint: tow peek y"), "{told:?}");
    assert_eq!(demo.taken(), ["hello"]);
}

#[test]
fn a_command_to_the_agent_itself_leaves_the_box() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    until(&tow, "x", "idle");
    for command in ["/status", "/menu"] {
        let told = tow.ok(&["send", "x", command]);
        assert_eq!(told, format!("sent → x: \"{command}\" (taken: it left the input box)\n"));
    }
    assert_eq!(demo.taken(), ["/status", "/menu"]);
}

#[test]
fn one_that_works_is_sent_it_at_once() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=3"]);
    tow.ok(&["send", "x", "first"]);
    until(&tow, "x", "working");
    let told = tow.ok(&["send", "x", "second"]);
    assert_eq!(told, "sent → x: \"second\" (taken: it left the input box)\n");
    assert_eq!(taken(&demo, 2), ["first", "second"]);
}

#[test]
fn an_interrupt_comes_first_where_that_is_asked() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=60"]);
    tow.ok(&["send", "x", "first"]);
    until(&tow, "x", "working");
    tow.ok(&["send", "x", "--interrupt", "second"]);
    assert_eq!(demo.taken(), ["first", "second"]);
    tow.wait_output("x", "interrupted");
    // One that rests is not interrupted: it gets the prompt alone.
    demo.spawn(&tow, "y", &[]);
    until(&tow, "y", "idle");
    tow.ok(&["send", "y", "--interrupt", "third"]);
    assert_eq!(demo.taken()[2..], ["third"]);
}

#[test]
fn one_that_asks_is_sent_nothing() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    tow.ok(&["send", "x", "ask"]);
    until(&tow, "x", "blocked");
    let begun = Instant::now();
    let told = tow.run(&["send", "x", "yes do that"]);
    let told = told.expect_error(1, "x takes no prompt now: it asks for leave: run: rm -r build");
    assert!(told.stderr.contains("hint: tow approve x"), "{told:?}");
    assert!(told.stderr.contains("--force"), "{told:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "it is refused at once");
    assert_eq!((demo.taken(), demo.answered().len()), (vec!["ask".to_owned()], 0));
    // Whatever it asks.
    demo.spawn(&tow, "y", &["trust"]);
    until(&tow, "y", "blocked");
    tow.run(&["send", "y", "hello"]).expect_error(1, "y takes no prompt now");
    assert_eq!(demo.answered().len(), 0);
    // Who forces it answers with the first letter.
    tow.ok(&["send", "x", "--force", "y"]);
    wait_until("it was answered", || (demo.answered() == ["yes"]).then_some(()));
}

#[test]
fn what_stands_typed_and_is_not_taken_is_an_error() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["deaf"]);
    until(&tow, "x", "idle");
    let told = tow.run(&["send", "x", "hello", "--timeout", "2s"]);
    let told = told.expect_error(1, "x has not taken it: it stands typed in the input box");
    assert!(told.stderr.contains("hint: tow send x --key Enter"), "{told:?}");
    assert!(demo.taken().is_empty());
    // And where nothing is to be seen of it, nobody says that it was taken.
    demo.spawn(&tow, "y", &["deaf", "silent"]);
    until(&tow, "y", "idle");
    let told = tow.run(&["send", "y", "hello", "--timeout", "1s"]);
    told.expect_error(1, "nothing shows that it was taken");
    assert!(demo.taken().is_empty());
}

#[test]
fn an_enter_that_was_taken_for_a_new_line_is_pressed_again() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["newline"]);
    until(&tow, "x", "idle");
    tow.ok(&["send", "x", "hello"]);
    assert_eq!(demo.taken(), ["hello"]);
}

#[test]
fn a_slow_one_is_not_hurried() {
    let (tow, demo) = tow();
    // A second Enter would answer the question that the first brings up.
    demo.spawn(&tow, "x", &["react=1.5", "work=0"]);
    until(&tow, "x", "idle");
    tow.ok(&["send", "x", "ask"]);
    until(&tow, "x", "blocked");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((demo.taken(), demo.answered().len()), (vec!["ask".to_owned()], 0));
}

#[test]
fn one_that_dies_meanwhile_has_not_taken_it() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    until(&tow, "x", "idle");
    let told = tow.run(&["send", "x", "die"]);
    told.expect_error(1, "ended before it was taken");
    demo.begin(&tow, "y", &["start=100"]);
    until(&tow, "y", "starting");
    let pid = i32::try_from(tow.pane("y")["pid"].as_i64().unwrap()).unwrap();
    let told = std::thread::scope(|scope| {
        let send = scope.spawn(|| tow.run(&["send", "y", "hello"]));
        std::thread::sleep(Duration::from_millis(500));
        process::kill(pid);
        send.join().unwrap()
    });
    // Its process is seen to be gone a little before its pane is.
    let told = told.expect_status(1).stderr;
    assert!(told.contains("y has ended") || told.contains("in y has exited"), "{told}");
}

#[test]
fn the_same_id_is_sent_once() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=0.1"]);
    until(&tow, "x", "idle");
    for _ in 0..3 {
        tow.ok(&["send", "x", "--id", "job-1", "deploy"]);
    }
    tow.kill_server();
    tow.ok(&["wait", "x", "--state", "idle", "--timeout", "30s"]);
    tow.ok(&["send", "x", "--id", "job-1", "deploy"]);
    assert_eq!(demo.taken(), ["deploy"]);
    tow.ok(&["send", "x", "--id", "job-1", "another text"]);
    tow.ok(&["send", "x", "--id", "job-2", "deploy"]);
    assert_eq!(taken(&demo, 3), ["deploy", "another text", "deploy"]);
}

#[test]
fn the_same_id_is_tried_again_where_it_was_refused() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    tow.ok(&["send", "x", "ask"]);
    until(&tow, "x", "blocked");
    tow.run(&["send", "x", "--id", "k", "go on"]).expect_error(1, "takes no prompt now");
    tow.ok(&["deny", "x"]);
    tow.ok(&["send", "x", "--id", "k", "go on"]);
    assert_eq!(taken(&demo, 2), ["ask", "go on"]);
}

#[test]
fn nothing_is_typed_twice_when_the_server_is_killed_between_paste_and_enter() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=0.1"]);
    until(&tow, "x", "idle");
    let mut random = Random::new();
    for number in 0..12 {
        let text = format!("prompt number {number}");
        let told = std::thread::scope(|scope| {
            let send = scope.spawn(|| tow.run(&["send", "x", &text]));
            random.moment(120);
            process::kill(wait_until("a server runs", || process::server(&tow)));
            send.join().unwrap()
        });
        told.expect_status(0);
        let all = taken(&demo, number + 1);
        assert_eq!(all.len(), number + 1, "{all:?}");
        assert_eq!(all[number], text);
    }
}

#[test]
fn a_link_that_is_cut_meanwhile_types_nothing_twice_and_it_is_still_confirmed() {
    let fleet = Fleet::new(env!("CARGO_BIN_EXE_tow")).towline("thor");
    let thor = fleet.host_named("thor");
    let demo = Demo::install(thor.there());
    demo.spawn(thor.there(), "x", &["work=0.1"]);
    until(thor.there(), "x", "idle");
    fleet.tow.ok(&["list"]);
    let mut random = Random::new();
    for number in 0..8 {
        let text = format!("prompt number {number}");
        let told = std::thread::scope(|scope| {
            let send = scope.spawn(|| fleet.tow.run(&["send", "thor:x", &text]));
            random.moment(150);
            thor.relay.cut(Cut::Refuse);
            thor.relay.restore();
            send.join().unwrap()
        });
        // Cut before anything was sent the host is found away.
        if told.status == 5 {
            fleet.tow.ok(&["host", "connect", "thor"]);
            fleet.tow.ok(&["send", "thor:x", &text]);
        } else {
            told.expect_status(0);
        }
        let all = taken(&demo, number + 1);
        assert_eq!(all.len(), number + 1, "{all:?}");
        assert_eq!(all[number], text);
    }
}

#[test]
fn a_question_is_shown_and_answered() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    tow.run(&["approve", "x"]).expect_error(1, "x asks for nothing");
    tow.ok(&["send", "x", "ask"]);
    until(&tow, "x", "blocked");
    let told = tow.run(&["approve", "x"]).expect_status(0);
    assert!(told.stderr.contains("x asks: run: rm -r build"), "{told:?}");
    assert!(told.stdout.starts_with("approved → x: permission: run: rm -r build ("), "{told:?}");
    assert_eq!(demo.answered(), ["yes"]);
    tow.run(&["approve", "x"]).expect_error(1, "x asks for nothing");
    tow.ok(&["send", "x", "ask"]);
    until(&tow, "x", "blocked");
    tow.spawn("plain", "exec sleep 1000");
    let told = tow.run(&["deny", "x", "plain", "nobody"]).expect_status(1);
    assert!(told.stdout.starts_with("denied → x: "), "{told:?}");
    assert!(told.stderr.contains("plain runs no agent that is known"), "{told:?}");
    assert!(told.stderr.contains("no pane `nobody`"), "{told:?}");
    assert_eq!(demo.answered(), ["yes", "no"]);
}

#[test]
fn only_leave_is_given_by_approve() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["trust"]);
    until(&tow, "x", "blocked");
    let told = tow.run(&["approve", "x"]).expect_error(1, "x asks for no leave, but waits: trust");
    assert!(told.stderr.contains("hint: tow attach x"), "{told:?}");
    assert!(demo.answered().is_empty());
}

#[test]
fn a_prompt_prints_the_answer() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &[]);
    assert_eq!(tow.ok(&["prompt", "x", "how", "are you"]), "answer to: how are you\n");
    let told = tow.json(&["prompt", "x", "--json", "again"]);
    assert_eq!((&told["answer"], &told["target"]), (&"answer to: again".into(), &"x".into()));
    assert_eq!(tow.ok(&["prompt", "x", "/status"]), "status: fine\n");
    let told = tow.run(&["prompt", "x", "ask"]);
    let told = told.expect_error(1, "x waits for a person: permission: run: rm -r build");
    assert!(told.stderr.contains("hint: tow approve x"), "{told:?}");
    tow.run(&["prompt", "x", "more"]).expect_error(1, "x waits for a person");
    assert_eq!(demo.taken(), ["how are you", "again", "/status", "ask"]);
}

#[test]
fn a_prompt_waits_no_longer_than_told() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=60"]);
    tow.run(&["prompt", "x", "--timeout", "3s", "go"]).expect_error(124, "x has not answered");
    tow.run(&["prompt", "x", "--timeout", "1s", "go"]).expect_error(124, "x was not idle");
    assert_eq!(demo.taken(), ["go"]);
}

#[test]
fn a_prompt_outlives_the_server() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "x", &["work=3"]);
    let told = std::thread::scope(|scope| {
        let prompt = scope.spawn(|| tow.ok(&["prompt", "x", "long work"]));
        taken(&demo, 1);
        until(&tow, "x", "working");
        tow.kill_server();
        prompt.join().unwrap()
    });
    assert_eq!(told, "answer to: long work\n");
    assert_eq!(demo.taken(), ["long work"]);
}

#[test]
fn a_broadcast_reaches_those_in_a_state() {
    let (tow, demo) = tow();
    demo.spawn(&tow, "rests", &[]);
    demo.spawn(&tow, "works", &["work=60"]);
    tow.ok(&["send", "works", "go"]);
    until(&tow, "works", "working");
    until(&tow, "rests", "idle");
    let told = tow.ok(&["broadcast", "--state", "idle", "--dry-run", "x"]);
    assert_eq!(told, "local: rests\n");
    let told = tow.ok(&["broadcast", "--state", "idle", "--yes", "pull"]);
    assert_eq!(told, "sent → rests: \"pull\" (taken: it works)\n");
    assert_eq!(demo.taken(), ["go", "pull"]);
    tow.run(&["broadcast", "--state", "busy", "--yes", "x"]).expect_error(2, "starting, working");
}
