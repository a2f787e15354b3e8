//! Servers that are slow, killed, replaced, or ask for another size.

use std::time::{Duration, Instant};

use towline_holder::wire::{FromHolder, ToHolder};
use towline_journal::{Reader, Record, summary};

use crate::pane::{DEADLINE, Link, Pane, Told, wait_until};

fn head(pane: &Pane) -> u64 {
    summary(&pane.dir().join("journal")).unwrap().head
}

#[test]
fn output_is_told_from_where_the_server_is() {
    let mut pane = Pane::sh("echo one; read x; echo two; read x");
    let text = pane.wait_for_output("one\r\n");
    assert_eq!(text, "one\r\n");
    pane.link.type_text("\n");
    let mut at = 5;
    let mut seen = Vec::new();
    pane.link.wait_for(|told| {
        if let Told::Output(offset, bytes) = told {
            assert_eq!(*offset, at);
            at += bytes.len() as u64;
            seen.extend_from_slice(bytes);
        }
        seen.ends_with(b"two\r\n").then_some(())
    });
    let welcome = pane.reconnect();
    assert_eq!(welcome.head, at);
    assert_eq!((welcome.pane_id, welcome.cols, welcome.rows), (7, 80, 24));
    assert!(!welcome.degraded && welcome.exit.is_none());
    pane.link.send(&ToHolder::Live { offset: 3 });
    assert_eq!(pane.link.next(), Told::Other(FromHolder::Behind { head: at }));
    assert!(pane.link.hello(Some(at)).head == at);
    pane.link.open([9; 16], true);
    pane.link.input([9; 16], 2, b"\n");
    assert_eq!(pane.link.wait_for_exit().offset, at + 2);
}

#[test]
fn a_newer_connection_takes_the_place_of_the_older() {
    let mut pane = Pane::sh("sleep 1000");
    let mut other = Link::new(pane.dir());
    other.hello(None);
    assert_eq!(pane.link.try_next(), None);
    assert_eq!(other.open([1; 16], false), (0, false));
}

#[test]
fn a_stalled_server_stops_no_program_and_catches_up_from_the_journal() {
    let mut pane = Pane::sh("echo go; exec yes");
    pane.catch_up();
    // It tells nothing of what it has consumed but where it went live, and reads nothing: the program
    // waits a second and goes on.
    let mut before = head(&pane);
    for _ in 0..3 {
        wait_until("the program goes on", || head(&pane) > before + (8 << 20));
        before = head(&pane);
    }
    // Now it reads: what was queued, and then that it is behind.
    let mut outputs = 0;
    let behind = pane.link.wait_for(|told| match told {
        Told::Output(_, bytes) => {
            outputs += bytes.len();
            None
        }
        Told::Other(FromHolder::Behind { head }) => Some(*head),
        other => panic!("{other:?}"),
    });
    // What a socket holds, and what the holder keeps for it.
    assert!(outputs < 2 << 20, "{outputs} bytes were queued");
    assert!(behind >= before);
    let mut reader = Reader::open(&pane.dir().join("journal")).unwrap();
    let mut at = reader.first_offset();
    while at < behind {
        let entry = reader.next().unwrap().unwrap();
        match entry.record {
            Record::Output(bytes) => {
                for (n, &byte) in bytes.iter().enumerate() {
                    let position = entry.offset + n as u64;
                    if position >= 4 {
                        assert_eq!(byte, b"y\r\n"[(position as usize - 4) % 3]);
                    }
                }
            }
            Record::Gap { .. } | Record::Start { .. } => {}
            other => panic!("{other:?}"),
        }
        at = entry.end();
    }
}

#[test]
fn a_program_waits_for_a_server_that_makes_progress_but_a_second_at_most() {
    let mut pane = Pane::sh("read x; exec yes");
    pane.catch_up();
    let start = Instant::now();
    pane.link.type_text("\n");
    // The socket is read, so that nothing but the lag makes the program wait.
    let lag = 8 << 20;
    let mut at = 0;
    while at <= lag {
        if let Told::Output(offset, bytes) = pane.link.next() {
            at = offset + bytes.len() as u64;
        }
    }
    let reached = Instant::now();
    // The next output comes after the second is over.
    let told = pane.link.wait_for(|told| match told {
        Told::Output(offset, _) => Some(*offset),
        _ => None,
    });
    assert_eq!(told, at);
    assert!(at < lag + 65_536, "{at}");
    assert!(reached.elapsed() > Duration::from_millis(500), "{:?}", reached.elapsed());
    assert!(start.elapsed() < DEADLINE);
    // Progress lets it go on at once, and gives it another second.
    pane.link.send(&ToHolder::Consumed { offset: at });
    let goal = at + lag;
    let begin = Instant::now();
    while at <= goal {
        if let Told::Output(offset, bytes) = pane.link.next() {
            at = offset + bytes.len() as u64;
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn without_a_server_a_program_never_waits() {
    let mut pane = Pane::sh("read x; head -c 30000000 /dev/zero; echo done; read x");
    pane.catch_up();
    pane.link.type_text("\n");
    let dir = pane.dir().to_owned();
    drop(std::mem::replace(&mut pane.link, Link::new(&dir)));
    wait_until("all is printed", || head(&pane) > 30_000_000);
    assert!(pane.reconnect().exit.is_none());
    assert!(pane.text().ends_with("done\r\n"));
}

#[test]
fn sizes_are_set_recorded_and_told() {
    let mut pane = Pane::sh("trap 'stty size' WINCH; echo go; while :; do sleep 0.01; done");
    pane.wait_for_output("go");
    pane.link.send(&ToHolder::Resize { cols: 100, rows: 40 });
    let resized = |told: &Told| match told {
        Told::Other(FromHolder::Resized { cols, rows, .. }) => Some((*cols, *rows)),
        _ => None,
    };
    assert_eq!(pane.link.wait_for(resized), (100, 40));
    pane.link.wait_for_output("40 100");
    pane.link.send(&ToHolder::Nudge);
    assert_eq!(pane.link.wait_for(resized), (100, 39));
    pane.link.wait_for_output("39 100");
    wait_until("the size is back", || {
        pane.journal().last().is_some_and(|last| last.contains("40 100"))
    });
    let journal = pane.journal();
    let sizes: Vec<_> = journal.iter().filter(|word| word.starts_with("resize")).collect();
    assert_eq!(sizes, ["resize 100x40", "resize 100x39", "resize 100x40"]);
    assert_eq!(pane.reconnect().rows, 40);
}

#[test]
fn a_peer_that_talks_nonsense_is_dropped() {
    let mut pane = Pane::sh("sleep 1000");
    let mut stream = towline_holder::connect(pane.dir()).unwrap();
    std::io::Write::write_all(&mut stream, &[0xff; 64]).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut byte = [0];
    assert!(matches!(std::io::Read::read(&mut stream, &mut byte), Ok(0) | Err(_)));
    assert_eq!(pane.reconnect().pane_id, 7);
}
