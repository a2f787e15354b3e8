//! A disk that takes no more stops no program.

use std::os::unix::process::CommandExt;

use rustix::process::{Resource, Rlimit, setrlimit};
use towline_holder::wire::FromHolder;

use crate::pane::{Pane, Told, spec};

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
