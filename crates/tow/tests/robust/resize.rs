//! Storms of sizes, and clients of different sizes.

use towline_testkit::{Outer, Tow, wait_until};

use crate::{tow, trimmed};

/// Sizes that come one after another, the smallest and large ones among them.
const SIZES: [(u16, u16); 12] = [
    (1, 1),
    (500, 200),
    (80, 24),
    (2, 1),
    (1, 50),
    (300, 2),
    (40, 12),
    (7, 3),
    (200, 50),
    (3, 100),
    (500, 1),
    (61, 17),
];

/// How often the size changes in a storm.
const CHANGES: usize = 300;

/// Waits until the client's screen is what the pane's is, colours and all.
#[track_caller]
fn check_same(tow: &Tow, outer: &Outer) {
    let mut peeked = Vec::new();
    let mut shown = Vec::new();
    let end = std::time::Instant::now() + towline_testkit::DEADLINE;
    loop {
        let text = tow.ok(&["peek", "x", "--screen", "--ansi"]);
        peeked.clone_from(&trimmed(text.lines()));
        shown.clone_from(&outer.seen().ansi());
        if peeked == shown {
            return;
        }
        assert!(std::time::Instant::now() < end, "{shown:#?} is shown, the pane is {peeked:#?}");
    }
}

/// Changes the client's size many times, with a pause now and then for what is on its way; ends with 61×17.
fn storm(tow: &Tow, outer: &Outer) {
    for (at, (cols, rows)) in SIZES.iter().cycle().take(CHANGES).enumerate() {
        outer.resize(*cols, *rows);
        if at % 25 == 24 {
            // A round trip through the server: some sizes arrive, most overtake each other.
            tow.ok(&["info", "x"]);
        }
    }
    wait_size(tow, (61, 17));
}

#[track_caller]
fn wait_size(tow: &Tow, (cols, rows): (u16, u16)) {
    wait_until("the pane has the size", || {
        let pane = tow.pane("x");
        (pane["cols"] == cols && pane["rows"] == rows).then_some(())
    });
}

#[test]
fn a_storm_while_the_program_prints() {
    let tow = tow();
    tow.spawn("x", "while [ ! -e quiet ]; do printf '\\033[3%dmline %d \\033[1m日本 e\\314\\201 \\033[m' $((i % 8)) $i; i=$((i+1)); [ $((i % 7)) = 0 ] && echo; done; echo; echo over; exec sleep 1000");
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    storm(&tow, &outer);
    std::fs::write(tow.work().join("quiet"), "").unwrap();
    tow.wait_output("x", "^over$");
    check_same(&tow, &outer);
    assert_eq!(outer.seen().rows().last().map(String::as_str), Some("over"));
    // Each size and each byte are in the journal in their order: a replay gives the same.
    let before = tow.ok(&["peek", "x", "--ansi"]);
    tow.kill_server();
    assert_eq!(tow.ok(&["peek", "x", "--ansi"]), before);
}

#[test]
fn a_storm_while_the_program_draws_itself_anew_each_time() {
    let tow = tow();
    let draw = r#"draw() { set -- $(stty size); printf '\033[H\033[2J\033[7m%s x %s\033[m' "$2" "$1"; printf '\033[%d;%dHX' "$1" "$2"; }"#;
    tow.spawn(
        "x",
        &format!(
            "printf '\\033[?1049h'; {draw}; trap again=1 WINCH; again=1; while :; do [ $again ] && again= && draw; sleep 0.05; done"
        ),
    );
    let outer = Outer::attach(&tow, &["x"], (80, 24));
    storm(&tow, &outer);
    outer.wait_for("the last size is drawn", |seen| {
        let rows = seen.rows();
        rows.len() == 17 && rows[0] == "61 x 17" && rows[16].ends_with('X')
    });
    check_same(&tow, &outer);
}

#[test]
fn a_storm_of_two_clients() {
    let tow = tow();
    tow.spawn("x", "while [ ! -e quiet ]; do echo row $i; i=$((i+1)); done; echo over; exec cat");
    let one = Outer::attach(&tow, &["x"], (80, 24));
    let two = Outer::attach(&tow, &["x"], (100, 30));
    std::thread::scope(|scope| {
        scope.spawn(|| storm_alone(&one));
        storm_alone(&two);
    });
    for outer in [&one, &two] {
        outer.resize(90, 20);
    }
    wait_size(&tow, (90, 20));
    std::fs::write(tow.work().join("quiet"), "").unwrap();
    tow.wait_output("x", "^over$");
    check_same(&tow, &one);
    check_same(&tow, &two);
}

fn storm_alone(outer: &Outer) {
    for (cols, rows) in SIZES.iter().cycle().take(CHANGES) {
        outer.resize(*cols, *rows);
        std::thread::yield_now();
    }
}

#[test]
fn the_client_used_last_sizes_the_pane_and_a_smaller_one_is_shown_a_part() {
    let tow = tow();
    tow.spawn("x", r"draw() { i=1; while [ $i -lt 40 ]; do printf 'row %d %090d\n' $i 0; i=$((i+1)); done; printf 'the end'; }; draw; while read line; do draw; done");
    let large = Outer::attach(&tow, &["x"], (100, 40));
    wait_size(&tow, (100, 40));
    large.wait_text("the end");
    let small = Outer::attach(&tow, &["x"], (40, 10));
    // The newest is the one in use.
    wait_size(&tow, (40, 10));
    large.type_in("a");
    wait_size(&tow, (100, 40));
    large.type_in("\r");
    large.wait_for("it is drawn anew", |seen| seen.rows().len() == 40);
    // The bottom of it, with the cursor, and its left part.
    small.wait_for("a part is shown", |seen| {
        let rows = seen.rows();
        rows.len() == 10 && rows[..9].iter().all(|row| row.chars().count() == 40)
    });
    let shown = small.seen().rows();
    let whole = large.seen().rows();
    for (part, row) in shown.iter().zip(&whole[whole.len() - 10..]) {
        assert!(row.starts_with(part.as_str()), "{part} of {row}");
    }
    small.type_in("b");
    wait_size(&tow, (40, 10));
    large.wait_text("the endb");
    // A size that changes counts as use.
    large.resize(90, 30);
    wait_size(&tow, (90, 30));
    // Whoever goes leaves the size as it is.
    small.type_in("c");
    wait_size(&tow, (40, 10));
    drop(small);
    wait_until("one is left", || (tow.pane("x")["attached"] == 1).then_some(()));
    large.type_in("d");
    wait_size(&tow, (90, 30));
    check_same(&tow, &large);
}

#[test]
fn a_reader_never_sizes_the_pane() {
    let tow = tow();
    tow.spawn("x", "echo here; exec cat");
    let reader = Outer::attach(&tow, &["x", "--read-only"], (33, 9));
    reader.wait_text("here");
    reader.resize(44, 11);
    reader.type_in("typed\r");
    let writer = Outer::attach(&tow, &["x"], (70, 20));
    wait_size(&tow, (70, 20));
    reader.resize(55, 12);
    reader.type_in("more\r");
    writer.type_in("from the writer\r");
    reader.wait_text("from the writer");
    wait_size(&tow, (70, 20));
    assert!(!tow.ok(&["peek", "x"]).contains("typed"));
    drop(writer);
    reader.resize(66, 13);
    wait_until("one is left", || (tow.pane("x")["attached"] == 1).then_some(()));
    wait_size(&tow, (70, 20));
}
