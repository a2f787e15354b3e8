//! A disk that takes no more stops no program.

use std::os::unix::process::CommandExt;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};
use towline_holder::wire::{AckStatus, FromHolder, ToHolder};
use towline_journal::summary;

use crate::pane::{ME, Pane, Told, spec};

#[test]
fn output_is_live_and_the_exit_recorded_when_the_journal_is_full() {
    let dir = tempfile::tempdir().unwrap();
    let order =
        spec(&["sh", "-c", "read x; head -c 100000 /dev/zero | tr '\\0' z; read x; exit 7"]);
    let mut pane = Pane::start_in(dir.path(), &order, |command| {
        let limit = Rlimit { current: Some(4096), maximum: Some(4096) };
        // SAFETY: sets a limit of the new process, which is safe between fork and exec.
        unsafe { command.pre_exec(move || Ok(setrlimit(Resource::Fsize, limit)?)) };
    })
    .unwrap();
    pane.catch_up();
    pane.link.type_text("\n");
    let mut live = 0;
    let mut degraded = false;
    pane.link.wait_for(|told| {
        match told {
            Told::Output(_, bytes) => live += bytes.len(),
            Told::Other(FromHolder::Degraded { on }) => degraded |= on,
            Told::Other(_) => {}
        }
        (live == 100_002 && degraded).then_some(())
    });
    let welcome = pane.reconnect();
    assert_eq!(welcome.head, 100_002);
    pane.link.open([9; 16], true);
    pane.link.input([9; 16], 2, b"\n");
    pane.link.wait_for_exit();
    let journal = pane.journal();
    assert_eq!(journal[0], "start 80x24");
    assert!(journal.iter().any(|word| word == "gap"), "{journal:?}");
    assert_eq!(journal.last().unwrap(), "exit 7");
}

#[test]
fn a_server_that_lacks_what_a_full_disk_lost_goes_live_behind_it() {
    let mut pane = Pane::sh("echo go; read x; echo lost; read x; echo live; read x");
    pane.wait_for_output("go\r\n");
    let holder = Pid::from_raw(pane.reconnect().holder_pid.cast_signed());
    let head = pane.catch_up().len() as u64;
    let before = getrlimit(Resource::Fsize);
    prlimit(holder, Resource::Fsize, Rlimit { current: Some(0), ..before }).unwrap();
    pane.link.send(&ToHolder::Resize { cols: 100, rows: 40 });
    pane.link.type_text("\n");
    pane.link.wait_for_output("lost\r\n");
    let welcome = pane.reconnect();
    assert!(welcome.degraded);
    let kept = summary(&pane.dir().join("journal")).unwrap().head;
    assert!(kept == head && kept < welcome.head, "{kept} of {}", welcome.head);
    // What the journal has is still to be read from there.
    pane.link.send(&ToHolder::Live { offset: kept - 1 });
    assert_eq!(pane.link.next(), Told::Other(FromHolder::Behind { head: welcome.head }));
    pane.link.send(&ToHolder::Live { offset: kept });
    match pane.link.next() {
        Told::Other(FromHolder::Gap { offset, to, .. }) => {
            assert_eq!((offset, to), (kept, welcome.head));
        }
        other => panic!("{other:?}"),
    }
    match pane.link.next() {
        Told::Other(FromHolder::Resized { offset, cols, rows, .. }) => {
            assert_eq!((offset, cols, rows), (welcome.head, 100, 40));
        }
        other => panic!("{other:?}"),
    }
    pane.link.open(ME, true);
    pane.link.input(ME, 2, b"\n");
    let mut at = welcome.head;
    let mut seen = Vec::new();
    pane.link.wait_for(|told| {
        if let Told::Output(offset, bytes) = told {
            assert_eq!(*offset, at);
            at += bytes.len() as u64;
            seen.extend_from_slice(bytes);
        }
        seen.ends_with(b"live\r\n").then_some(())
    });
    // With room again the gap is recorded.
    prlimit(holder, Resource::Fsize, before).unwrap();
    pane.link.wait_for(|told| {
        matches!(told, Told::Other(FromHolder::Degraded { on: false })).then_some(())
    });
    assert_eq!(pane.link.open(ME, true), (2, false));
    pane.link.input(ME, 3, b"\n");
    assert_eq!(pane.link.wait_for_ack(ME, 3), AckStatus::Written);
    pane.link.wait_for_exit();
    let journal = pane.journal();
    assert!(journal.iter().any(|word| word == "gap"), "{journal:?}");
    assert_eq!(journal.last().unwrap(), "exit 0");
}
