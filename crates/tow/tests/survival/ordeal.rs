//! Panes that print numbered lines without end and take numbered input, while things are done to their server.

use std::sync::atomic::{AtomicBool, Ordering};

use towline_testkit::{Tow, wait_until};

use crate::terminal::Terminal;

/// Panes typed to by `tow send`, a process for each text.
const SENT_TO: [&str; 2] = ["a", "b"];

/// The pane typed to on a terminal by an attached client.
const TYPED_TO: &str = "t";

/// The most lines typed at the terminal that its pane has not read yet.
const AHEAD: usize = 3;

/// Prints five lines each 20 ms, from when there is a file `go` until there is one `stop`, and echoes what it reads; what it reads also goes to
/// a file, where it can be seen without a server.
const PROGRAM: &str = r#"
stty -echo
echo ready
(
    i=0
    while [ ! -e go ]; do sleep 0.01; done
    while [ ! -e stop ]; do
        for _ in 1 2 3 4 5; do i=$((i+1)); echo "line $i"; done
        sleep 0.02
    done
    echo "end $i"
) &
while IFS= read -r x; do echo "got $x"; echo "$x" >> "read-$TOWLINE_NAME"; done
"#;

/// Runs the panes while `strikes` is done, and then proves that every line was printed once and in order, and every
/// input written once and in order.
pub(crate) fn survive(tow: &Tow, strikes: impl FnOnce()) {
    keep_everything(tow);
    for name in SENT_TO.iter().chain([&TYPED_TO]) {
        tow.spawn(name, PROGRAM);
        tow.wait_output(name, "ready");
    }
    std::fs::write(tow.work().join("go"), "").unwrap();
    let over = AtomicBool::new(false);
    let (sent, typed) = std::thread::scope(|scope| {
        let senders = SENT_TO.map(|name| scope.spawn(|| send_until(tow, name, &over)));
        let typist = scope.spawn(|| type_until(tow, &over));
        // Also where a strike fails the others must end.
        let struck = std::panic::catch_unwind(std::panic::AssertUnwindSafe(strikes));
        over.store(true, Ordering::Release);
        let sent = senders.map(|sender| sender.join().unwrap());
        let typed = typist.join().unwrap();
        if let Err(panic) = struck {
            std::panic::resume_unwind(panic);
        }
        (sent, typed)
    });
    for (name, texts) in SENT_TO.iter().zip(&sent).chain([(&TYPED_TO, &typed)]) {
        wait_until("all is read", || (read(tow, name).len() >= texts.len()).then_some(()));
        assert_eq!(&read(tow, name), texts, "what {name} read");
    }
    std::fs::write(tow.work().join("stop"), "").unwrap();
    for (name, texts) in SENT_TO.iter().zip(&sent).chain([(&TYPED_TO, &typed)]) {
        check_output(tow, name, texts);
    }
}

/// Room for all that is printed.
fn keep_everything(tow: &Tow) {
    let folder = tow.home().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    let text = "scrollback = 100000\njournal_bytes = \"64MiB\"\n";
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

/// Sends numbered texts one after the other, and returns them.
fn send_until(tow: &Tow, name: &str, over: &AtomicBool) -> Vec<String> {
    let mut texts = Vec::new();
    while !over.load(Ordering::Acquire) {
        let text = format!("{name}{}", texts.len() + 1);
        // With its Enter as a key it doesn't wait for an echo to be calm, which a pane that prints without end
        // never is: of four, three hurry, and one is under way for long.
        let enter: &[&str] = if texts.len() % 4 == 3 { &[] } else { &["--key", "Enter"] };
        let outcome = tow.run(&[&["send", name, &text], enter].concat());
        assert_eq!(outcome.status, 0, "{outcome:#?}");
        texts.push(text);
    }
    texts
}

/// Types numbered lines at a terminal, and returns them.
fn type_until(tow: &Tow, over: &AtomicBool) -> Vec<String> {
    let mut terminal = Terminal::start(tow, &["attach", TYPED_TO]);
    terminal.wait_for("\x1b[?1049h");
    let mut texts = Vec::new();
    while !over.load(Ordering::Acquire) {
        let text = format!("{TYPED_TO}{}", texts.len() + 1);
        terminal.type_in(&format!("{text}\r"));
        texts.push(text);
        let enough = texts.len().saturating_sub(AHEAD);
        wait_until("what was typed is read", || {
            (read(tow, TYPED_TO).len() >= enough).then_some(())
        });
    }
    wait_until("all that was typed is read", || {
        (read(tow, TYPED_TO).len() >= texts.len()).then_some(())
    });
    terminal.type_in("\x02d");
    terminal.wait_for("[detached from");
    assert_eq!(terminal.finish(), Some(0));
    texts
}

/// What a pane's program has read.
fn read(tow: &Tow, name: &str) -> Vec<String> {
    let path = tow.work().join(format!("read-{name}"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn check_output(tow: &Tow, name: &str, texts: &[String]) {
    let end = tow.wait_output(name, "^end [0-9]+$");
    let count: usize = end.trim_end().strip_prefix("end ").unwrap().parse().unwrap();
    let peeked = tow.ok(&["peek", name, "-n", "100000"]);
    let with = |start: &str| -> Vec<String> {
        peeked.lines().filter_map(|line| Some(line.strip_prefix(start)?.to_owned())).collect()
    };
    let printed: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
    assert_same(&with("line "), &printed, name);
    assert_same(&with("got "), texts, name);
    let others =
        peeked.lines().filter(|line| !line.starts_with("line ") && !line.starts_with("got "));
    assert_eq!(others.collect::<Vec<_>>(), ["ready", &format!("end {count}")], "{name}");
}

/// Compares long lists, and shows only where they part.
#[track_caller]
fn assert_same(got: &[String], expected: &[String], name: &str) {
    let at = got.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let around = |list: &[String]| {
        list[at.saturating_sub(3).min(list.len())..].iter().take(8).cloned().collect::<Vec<_>>()
    };
    assert!(
        got == expected,
        "{name}: {} of {} lines; they part at {at}: {:?} for {:?}",
        got.len(),
        expected.len(),
        around(got),
        around(expected)
    );
}
