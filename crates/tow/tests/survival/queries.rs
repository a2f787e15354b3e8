//! What a program asks its terminal is answered once, also where the server dies between question and answer.

use std::path::PathBuf;
use std::time::Duration;

use towline_testkit::{Random, Tow, wait_until};

use crate::{processes, tow};

/// Questions that terminals answer: device attributes, the cursor's place, a mode, a colour.
const QUERIES: [&str; 4] = [r"\033[c", r"\033[6n", r"\033[?2004$p", r"\033]11;?\007"];

/// In raw mode: prints what is in the file `ask`, and at once kills the process that is named in `victim`. What is
/// typed goes to the file `answers`.
const PROGRAM: &str = r#"
stty raw -echo
exec 3<&0
cat <&3 > answers &
printf ready
while :; do
    while [ ! -e ask ]; do sleep 0.002; done
    IFS= read -r query < ask
    victim=
    [ ! -e victim ] || read -r victim < victim
    printf "$query"
    [ -z "$victim" ] || kill -9 "$victim"
    rm ask
done
"#;

struct Asking {
    tow: Tow,
}

impl Asking {
    fn begin() -> Self {
        let tow = tow();
        tow.spawn("x", PROGRAM);
        tow.wait_output("x", "ready");
        Self { tow }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tow.work().join(name)
    }

    /// Lets the program ask, and returns once it has.
    fn ask(&self, query: &str) {
        std::fs::write(self.path("ask.new"), query.to_owned() + "\n").unwrap();
        std::fs::rename(self.path("ask.new"), self.path("ask")).unwrap();
        wait_until("it has asked", || (!self.path("ask").exists()).then_some(()));
    }

    /// As [`Self::ask`]; the program kills the server right after the question.
    fn ask_and_kill(&self, query: &str) {
        let server = self.tow.server_pid().unwrap();
        std::fs::write(self.path("victim"), format!("{server}\n")).unwrap();
        self.ask(query);
        wait_until("the server is gone", || (!processes::is_alive(server)).then_some(()));
        std::fs::remove_file(self.path("victim")).unwrap();
    }

    fn answers(&self) -> String {
        std::fs::read_to_string(self.path("answers")).unwrap_or_default()
    }

    /// Waits until the program was typed what it was by now and this.
    #[track_caller]
    fn expect(&self, answers: &str) {
        wait_until(&format!("{answers:?} is typed"), || {
            (self.answers().len() >= answers.len()).then_some(())
        });
        assert_eq!(self.answers(), answers);
    }

    /// What a living server answers.
    fn learn(&self, query: &str) -> String {
        let before = self.answers();
        self.ask(query);
        wait_until("an answer", || (self.answers() > before).then_some(()));
        // What is typed next comes after all of the answer.
        self.tow.ok(&["send", "x", "--no-enter", "|"]);
        wait_until("the mark", || self.answers().ends_with('|').then_some(()));
        let all = self.answers();
        all[before.len()..all.len() - 1].to_owned()
    }
}

#[test]
fn a_query_asked_just_before_a_kill_is_answered_once() {
    let asking = Asking::begin();
    let answers = QUERIES.map(|query| asking.learn(query));
    let mut expected = asking.answers();
    for (query, answer) in QUERIES.iter().zip(answers) {
        asking.ask_and_kill(query);
        // Any command starts a server again, and none of them looks at the pane.
        asking.tow.ok(&["list"]);
        expected += &answer;
        asking.expect(&expected);
        asking.tow.ok(&["send", "x", "--no-enter", "|"]);
        expected += "|";
        asking.expect(&expected);
    }
}

#[test]
fn no_query_is_answered_twice_whenever_the_server_dies() {
    const ROUNDS: usize = 30;
    let asking = Asking::begin();
    let mut random = Random::new();
    let learned = QUERIES.map(|query| (query, asking.learn(query)));
    let mut expected = asking.answers();
    for round in 0..ROUNDS {
        let server = asking.tow.server_pid().unwrap();
        let (query, answer) = &learned[round % learned.len()];
        asking.ask(query);
        random.moment(5);
        processes::kill(server);
        asking.tow.ok(&["list"]);
        expected += answer;
        asking.expect(&expected);
    }
    asking.tow.ok(&["send", "x", "--no-enter", "|"]);
    asking.expect(&(expected + "|"));
}

#[test]
fn an_old_query_stays_unanswered() {
    let asking = Asking::begin();
    asking.learn(QUERIES[0]);
    let before = asking.answers();
    // With nobody there who could answer in time.
    asking.tow.kill_server();
    asking.ask(QUERIES[0]);
    // Its program has given up by then, and would take an answer for typing.
    std::thread::sleep(Duration::from_millis(2100));
    asking.tow.ok(&["list"]);
    asking.tow.ok(&["peek", "x"]);
    asking.tow.ok(&["send", "x", "--no-enter", "|"]);
    asking.expect(&(before + "|"));
}

#[test]
fn a_query_is_answered_while_somebody_looks_on_and_the_server_dies() {
    let asking = Asking::begin();
    let answer = asking.learn(QUERIES[1]);
    let mut expected = asking.answers();
    let follow = asking.tow.start(&["peek", "x", "--follow"]);
    for _ in 0..5 {
        asking.ask_and_kill(QUERIES[1]);
        asking.tow.ok(&["peek", "x"]);
        expected += &answer;
        asking.expect(&expected);
    }
    asking.tow.ok(&["send", "x", "--no-enter", "|"]);
    asking.expect(&(expected + "|"));
    drop(follow);
}
