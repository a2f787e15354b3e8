//! Input: written once, whole, in its turn, or not at all.

use std::time::{Duration, Instant};

use towline_holder::wire::{AckStatus, RESERVED_CLIENT, ToHolder};

use crate::pane::{Pane, lives, wait_until};

const A: [u8; 16] = [1; 16];
const B: [u8; 16] = [2; 16];

/// A program that takes each byte as it comes and shows it.
fn raw_cat() -> Pane {
    let mut pane = Pane::sh("stty raw -echo; echo go; exec cat");
    pane.wait_for_output("go");
    pane
}

#[test]
fn each_input_is_written_once_across_connections() {
    let mut pane = raw_cat();
    pane.link.input(A, 1, b"x");
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Unknown);
    assert_eq!(pane.link.open(A, true), (0, true));
    assert_eq!(pane.link.open(A, false), (0, false));
    pane.link.input(A, 2, b"hole");
    assert_eq!(pane.link.wait_for_ack(A, 2), AckStatus::Sequence);
    pane.link.input(A, 1, b"one ");
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Written);
    pane.link.input(A, 1, b"one ");
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Duplicate);
    pane.reconnect();
    assert_eq!(pane.link.open(A, true), (1, false));
    pane.link.input(A, 1, b"one ");
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Duplicate);
    pane.link.input(A, 2, b"two ");
    assert_eq!(pane.link.wait_for_ack(A, 2), AckStatus::Written);
    for (seq, status) in
        [(100, AckStatus::Written), (100, AckStatus::Duplicate), (99, AckStatus::Duplicate)]
    {
        pane.link.input(RESERVED_CLIENT, seq, b"answer ");
        assert_eq!(pane.link.wait_for_ack(RESERVED_CLIENT, seq), status);
    }
    pane.link.input(A, 3, b"end");
    assert!(pane.wait_for_output("end").ends_with("one two answer end"));
}

#[test]
fn a_connection_lost_mid_input_does_not_lose_or_double_it() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let script = format!(
        "mkfifo {0}; stty raw -echo; echo go; read x < {0}; head -c 300000 | cksum; exec cat",
        fifo.display()
    );
    let mut pane = Pane::sh(&script);
    pane.wait_for_output("go");
    let data: Vec<u8> = (0..300_000u32).map(|n| b'a' + (n % 23) as u8).collect();
    pane.link.open(A, false);
    for (n, piece) in data.chunks(60_000).enumerate() {
        pane.link.input(A, n as u64 + 1, piece);
    }
    // The first fits into the terminal's buffer, at least in part; the last can't.
    pane.reconnect();
    let (last, unknown) = pane.link.open(A, true);
    assert!(!unknown && last < 5, "{last}");
    for (n, piece) in data.chunks(60_000).enumerate() {
        pane.link.input(A, n as u64 + 1, piece);
    }
    std::fs::write(&fifo, "go\n").unwrap();
    let status = pane.link.wait_for_ack(A, 5);
    assert!(matches!(status, AckStatus::Written | AckStatus::Duplicate));
    let sum = std::process::Command::new("cksum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), &data)?;
            child.wait_with_output()
        })
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    pane.wait_for_output(sum.trim());
    pane.link.input(A, 6, b"just this");
    pane.link.wait_for_output("just this");
}

#[test]
fn a_paste_and_its_enter_are_not_parted() {
    let mut pane = raw_cat();
    pane.link.open(A, false);
    pane.link.open(B, false);
    pane.link.send(&ToHolder::Input { client: A, seq: 1, more: true, data: b"<paste" });
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Written);
    pane.link.input(B, 1, b"B");
    pane.link.input(RESERVED_CLIENT, 1, b"R");
    pane.link.send(&ToHolder::Input { client: A, seq: 2, more: true, data: b" more" });
    assert_eq!(pane.link.wait_for_ack(A, 2), AckStatus::Written);
    pane.link.input(A, 3, b">");
    assert_eq!(pane.link.wait_for_ack(RESERVED_CLIENT, 1), AckStatus::Written);
    assert!(pane.wait_for_output("R").ends_with("<paste more>BR"));
}

#[test]
fn a_line_the_kernel_would_cut_is_refused_and_one_it_takes_is_whole() {
    let mut pane = Pane::sh("stty -echo; echo go; while read -r x; do echo ${#x}; done");
    pane.wait_for_output("go");
    pane.link.open(A, false);
    pane.link.input(A, 1, &[b'x'; 4096]);
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::LineTooLong);
    pane.link.input(A, 2, &[&[b'x'; 4095][..], b"\r"].concat());
    assert_eq!(pane.link.wait_for_ack(A, 2), AckStatus::Written);
    pane.link.wait_for_output("4095\r\n");
    // In pieces, and with what is in the line already.
    pane.link.input(A, 3, &[b'x'; 4000]);
    assert_eq!(pane.link.wait_for_ack(A, 3), AckStatus::Written);
    pane.link.input(A, 4, &[b'x'; 100]);
    assert_eq!(pane.link.wait_for_ack(A, 4), AckStatus::LineTooLong);
    pane.link.input(A, 5, &[&[b'x'; 95][..], b"\n"].concat());
    assert_eq!(pane.link.wait_for_ack(A, 5), AckStatus::Written);
    pane.link.wait_for_output("4095\r\n");
    // Many lines at once, more than the terminal holds.
    let many = [&[b'x'; 99][..], b"\r"].concat().repeat(2000);
    pane.link.input(A, 6, &many);
    assert_eq!(pane.link.wait_for_ack(A, 6), AckStatus::Written);
    pane.link.input(A, 7, b"\x04");
    pane.link.wait_for_exit();
    assert_eq!(pane.text().matches("99\r\n").count(), 2000);
}

#[test]
fn a_raw_program_that_reads_slowly_gets_all_of_a_large_input() {
    let mut pane = Pane::sh(
        "stty raw -echo; echo go; for i in 1 2 3 4 5 6 7 8; do head -c 100000 | wc -c; sleep 0.02; done",
    );
    pane.wait_for_output("go");
    pane.link.open(A, false);
    pane.link.input(A, 1, &vec![b'\n'; 800_000]);
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Written);
    pane.link.wait_for_exit();
    assert_eq!(pane.text().matches("100000").count(), 8);
}

#[test]
fn a_program_that_reads_nothing_blocks_neither_its_output_nor_other_questions() {
    let mut pane = Pane::sh("stty raw -echo; echo go; while :; do echo tick; sleep 0.01; done");
    pane.wait_for_output("go");
    pane.link.open(A, false);
    // Fewer bytes than make the holder stop reading from the server, but more than a mebibyte.
    for seq in 1..=40 {
        pane.link.input(A, seq, &[b'x'; 90_000]);
    }
    assert_eq!(pane.link.open(B, false), (0, false));
    pane.link.wait_for_output("tick");
    let begin = Instant::now();
    assert_eq!(pane.link.kill(2000), 0);
    assert!(begin.elapsed() < Duration::from_secs(10));
    let child = pane.child;
    wait_until("the program is gone", || !lives(child));
}

#[test]
fn input_after_the_end_is_refused_and_what_was_written_stays_so() {
    let mut pane = Pane::sh("read x");
    pane.link.open(A, false);
    pane.link.input(A, 1, b"x\n");
    assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Written);
    pane.link.wait_for_exit();
    for _ in 0..2 {
        pane.link.input(A, 2, b"more");
        assert_eq!(pane.link.wait_for_ack(A, 2), AckStatus::Ended);
        pane.link.input(A, 1, b"x\n");
        assert_eq!(pane.link.wait_for_ack(A, 1), AckStatus::Duplicate);
    }
}

#[test]
fn a_signal_goes_to_who_has_the_terminal() {
    let mut pane = Pane::sh(
        "set -m; trap 'echo shell got it' USR1; sh -c 'trap \"echo job got it; exit\" USR1; echo go; while :; do sleep 0.01; done'; read x",
    );
    pane.wait_for_output("go");
    pane.link.send(&ToHolder::Signal { signal: libc::SIGUSR1 });
    pane.link.wait_for_output("job got it");
    assert!(!pane.text().contains("shell got it"));
    // Nonsense does no harm.
    pane.link.send(&ToHolder::Signal { signal: -1 });
    pane.link.send(&ToHolder::Signal { signal: 4711 });
    assert_eq!(pane.link.open(B, false), (0, false));
}
