//! Panes that print numbered lines without end and take numbered input, while things are done to what keeps them.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Fleet, Outer, Running, Tow, wait_until};

/// Panes typed to by `tow send`, a process for each text.
const SENT_TO: [&str; 2] = ["a", "b"];

/// The pane typed to on a terminal by an attached client.
const TYPED_TO: &str = "t";

/// The most lines typed at the terminal that its pane has not read yet.
const AHEAD: usize = 3;

/// The terminal that is typed at: columns and rows.
const SIZE: (u16, u16) = (80, 24);

/// Prints some lines each 20 ms, from when there is a file `go` until there is one `stop`, and echoes what it reads;
/// what it reads also goes to a file, where it can be seen without a server.
const PROGRAM: &str = r#"
stty -echo
echo ready
(
    i=0
    while [ ! -e go ]; do sleep 0.01; done
    while [ ! -e stop ]; do
        n=$((i+LINES_AT_ONCE))
        while [ $i -lt $n ]; do i=$((i+1)); echo "line $i"; done
        sleep 0.02
    done
    echo "end $i"
) &
while IFS= read -r x; do echo "got $x"; echo "$x" >> "read-$TOWLINE_NAME"; done
"#;

/// Panes, and from where they are used.
#[derive(Debug)]
pub struct Ordeal<'a> {
    here: &'a Tow,
    /// Where the panes are.
    there: &'a Tow,
    /// What stands before their names here.
    prefix: String,
    /// How many lines each pane prints at once.
    lines: usize,
    /// They are followed and waited for, too.
    watched: bool,
}

impl<'a> Ordeal<'a> {
    /// Panes of this Towline.
    pub fn of(tow: &'a Tow) -> Self {
        Self { here: tow, there: tow, prefix: String::new(), lines: 5, watched: false }
    }

    /// Panes of a host, used from the fleet's client, followed and waited for.
    pub fn on(fleet: &'a Fleet, alias: &str) -> Self {
        let there = fleet.host_named(alias).there();
        let prefix = format!("{alias}:");
        Self { here: &fleet.tow, there, prefix, lines: 5, watched: true }
    }

    /// Each pane prints so many lines at once, fifty times a second.
    pub fn lines(self, lines: usize) -> Self {
        Self { lines, ..self }
    }

    /// Runs the panes while `strikes` is done, and then proves that every line was printed once and in order, every
    /// input written once and in order, and that all who watched have seen it.
    #[allow(clippy::print_stderr, reason = "what a test says is shown where it fails")]
    pub fn survive(&self, strikes: impl FnOnce()) {
        keep_everything(self.there);
        let program = PROGRAM.replace("LINES_AT_ONCE", &self.lines.to_string());
        for name in SENT_TO.iter().chain([&TYPED_TO]) {
            self.there.spawn(name, &program);
            self.there.wait_output(name, "ready");
        }
        let watchers = self.watched.then(|| Watchers::start(self));
        std::fs::write(self.there.work().join("go"), "").expect("a file");
        let over = AtomicBool::new(false);
        let terminal = Outer::attach(self.here, &[&self.target(TYPED_TO)], SIZE);
        let (sent, typed) = std::thread::scope(|scope| {
            let senders = SENT_TO.map(|name| scope.spawn(|| self.send_until(name, &over)));
            let typist = scope.spawn(|| self.type_until(&terminal, &over));
            // Also where a strike fails the others must end.
            let struck = std::panic::catch_unwind(std::panic::AssertUnwindSafe(strikes));
            over.store(true, Ordering::Release);
            let sent = senders.map(|sender| sender.join().expect("the sender succeeds"));
            let typed = typist.join().expect("the typist succeeds");
            if let Err(panic) = struck {
                std::panic::resume_unwind(panic);
            }
            (sent, typed)
        });
        let counts: Vec<usize> = sent.iter().chain([&typed]).map(|sent| sent.sure.len()).collect();
        eprintln!("sent and typed: {counts:?}");
        let all = SENT_TO.iter().zip(&sent).chain([(&TYPED_TO, &typed)]);
        let read: Vec<Vec<String>> =
            all.clone().map(|(name, sent)| self.read_all(name, sent)).collect();
        std::fs::write(self.there.work().join("stop"), "").expect("a file");
        for ((name, _), read) in all.zip(&read) {
            self.check_output(name, read);
        }
        self.leave(terminal);
        if let Some(watchers) = watchers {
            watchers.check(self, &read);
        }
    }

    /// What a pane is called here.
    fn target(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Sends numbered texts one after the other.
    fn send_until(&self, name: &str, over: &AtomicBool) -> Sent {
        let mut sent = Sent::default();
        for number in 1.. {
            if over.load(Ordering::Acquire) {
                break;
            }
            let text = format!("{name}{number}");
            // With its Enter as a key it doesn't wait for an echo to be calm, which a pane that prints without end
            // never is: of four, three hurry, and one is under way for long.
            let enter: &[&str] = if number % 4 == 0 { &[] } else { &["--key", "Enter"] };
            let target = self.target(name);
            let send = [&["send", "--timeout", "20s", &target, &text], enter].concat();
            let outcome = self.here.run(&send);
            match outcome.status {
                0 => sent.sure.push(text),
                // A host that can't be reached was sent nothing.
                5 if self.watched => {}
                6 if self.watched => sent.unsure.push(text),
                _ => panic!("{text}: {outcome:#?}"),
            }
        }
        sent
    }

    /// Types numbered lines at a terminal.
    fn type_until(&self, terminal: &Outer, over: &AtomicBool) -> Sent {
        let mut sent = Sent::default();
        let reads = |enough: usize| {
            wait_until("what was typed is read", || {
                (self.read(TYPED_TO).len() >= enough).then_some(())
            });
        };
        while !over.load(Ordering::Acquire) {
            let text = format!("{TYPED_TO}{}", sent.sure.len() + 1);
            terminal.type_in(&format!("{text}\r"));
            sent.sure.push(text);
            reads(sent.sure.len().saturating_sub(AHEAD));
        }
        reads(sent.sure.len());
        sent
    }

    /// What a pane has read, which is what was sent, once and in order.
    fn read_all(&self, name: &str, sent: &Sent) -> Vec<String> {
        let is_sure = |text: &String| !sent.unsure.contains(text);
        let read = wait_until("all is read", || {
            let read = self.read(name);
            (read.iter().filter(|text| is_sure(text)).count() >= sent.sure.len()).then_some(read)
        });
        let sure: Vec<String> = read.iter().filter(|text| is_sure(text)).cloned().collect();
        assert_same(&sure, &sent.sure, &format!("what {name} read"));
        for unsure in &sent.unsure {
            assert!(read.iter().filter(|text| *text == unsure).count() < 2, "{unsure} came twice");
        }
        read
    }

    /// The terminal shows what the pane shows, and is left.
    fn leave(&self, mut terminal: Outer) {
        let screen = self.there.ok(&["peek", TYPED_TO, "--screen"]);
        let rows: Vec<&str> = screen.trim_end().lines().map(str::trim_end).collect();
        terminal.wait_for("it shows the pane's screen", |seen| seen.rows() == rows);
        terminal.type_in("\x02d");
        terminal.wait_sent("[detached from");
        assert_eq!(terminal.finish(), Some(0));
    }

    /// What a pane's program has read.
    fn read(&self, name: &str) -> Vec<String> {
        let path = self.there.work().join(format!("read-{name}"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn check_output(&self, name: &str, texts: &[String]) {
        let end = self.here.wait_output(&self.target(name), "^end [0-9]+$");
        let peeked = self.here.ok(&["peek", &self.target(name), "-n", "1000000"]);
        check_lines(name, peeked.lines(), texts, end.trim_end());
    }
}

/// What was sent to a pane.
#[derive(Debug, Default)]
struct Sent {
    /// Texts that have arrived, in order.
    sure: Vec<String>,
    /// Texts of which nobody could say whether they arrived.
    unsure: Vec<String>,
}

/// Room for all that is printed.
fn keep_everything(tow: &Tow) {
    let folder = tow.home().join("config");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = "scrollback = 1000000\njournal_bytes = \"64MiB\"\n";
    std::fs::write(folder.join("config.toml"), text).expect("a file");
}

/// Commands that run all the time.
struct Watchers {
    /// Rows of the first pane, and bytes of the second.
    follows: [Running; 2],
    /// For the first pane's last line.
    wait: Running,
}

impl Watchers {
    fn start(ordeal: &Ordeal<'_>) -> Self {
        let [a, b] = SENT_TO.map(|name| ordeal.target(name));
        let follows = [
            ordeal.here.start(&["peek", &a, "--follow", "-n", "1"]),
            ordeal.here.start(&["peek", &b, "--raw", "--follow"]),
        ];
        for follow in &follows {
            assert_eq!(follow.line().trim_end(), "ready");
        }
        let wait = ordeal.here.start(&["wait", &a, "--output", "^end [0-9]+$"]);
        Self { follows, wait }
    }

    fn check(mut self, ordeal: &Ordeal<'_>, read: &[Vec<String>]) {
        for ((name, texts), follow) in SENT_TO.iter().zip(read).zip(&self.follows) {
            let mut lines = vec!["ready".to_owned()];
            while lines.last().is_some_and(|line| !line.starts_with("end ")) {
                lines.push(follow.line().trim_end().to_owned());
            }
            let end = lines.last().cloned().unwrap_or_default();
            let what = format!("{name}, followed");
            check_lines(&what, lines.iter().map(String::as_str), texts, &end);
        }
        let end = ordeal.here.wait_output(&ordeal.target(SENT_TO[0]), "^end [0-9]+$");
        let status = self.wait.finish();
        let (told, errors) = (self.wait.rest(), self.wait.error_rest());
        assert_eq!(told, [end.trim_end()], "{status}: {errors:?}");
    }
}

/// All lines are those that a pane printed that has read these texts, and whose last line is this.
#[track_caller]
fn check_lines<'a>(
    what: &str,
    lines: impl Iterator<Item = &'a str> + Clone,
    texts: &[String],
    end: &str,
) {
    let count = end.strip_prefix("end ").and_then(|count| count.parse::<usize>().ok());
    let count = count.unwrap_or_else(|| panic!("{what} ends with {end:?}"));
    let with = |start: &str| -> Vec<String> {
        lines.clone().filter_map(|line| Some(line.strip_prefix(start)?.to_owned())).collect()
    };
    let printed: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
    assert_same(&with("line "), &printed, what);
    assert_same(&with("got "), texts, what);
    let others = lines.filter(|line| !line.starts_with("line ") && !line.starts_with("got "));
    assert_eq!(others.collect::<Vec<_>>(), ["ready", end], "{what}");
}

/// Compares long lists, and shows only where they part.
#[track_caller]
fn assert_same(got: &[String], expected: &[String], what: &str) {
    let at = got.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let around = |list: &[String]| {
        list[at.saturating_sub(3).min(list.len())..].iter().take(8).cloned().collect::<Vec<_>>()
    };
    assert!(
        got == expected,
        "{what}: {} of {} lines; they part at {at}: {:?} for {:?}",
        got.len(),
        expected.len(),
        around(got),
        around(expected)
    );
}
