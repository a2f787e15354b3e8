//! A pane of tmux on a terminal.

use towline_testkit::{Outer, Setup, gives_terminals, wait_until};

use crate::{loki, spawn};

#[test]
fn a_pane_is_worked_in_and_left_running() {
    if let Err(reason) = gives_terminals() {
        return eprintln!("skipped: {reason}");
    }
    for shell in ["sh", "bash"] {
        let fleet = loki(Setup::tmux().shell(shell));
        spawn(&fleet, "one", "echo this is one; cat");
        spawn(&fleet, "two", "echo this is two; cat");
        let mut outer = Outer::start(fleet.tow.command(&["attach", "loki:one"]), (90, 20));
        outer.wait_text("this is one");
        outer.type_in("from here\r");
        wait_until("it was typed", || {
            (fleet.tow.ok(&["peek", "loki:one"]).matches("from here").count() == 2).then_some(())
        });
        wait_until("somebody is attached", || {
            let pane = fleet.tow.json(&["info", "loki:one", "--json"]);
            (pane["attached"] == 1 && pane["cols"] == 90).then_some(())
        });
        outer.type_in("\x02d");
        assert_eq!(outer.finish(), Some(0));
        wait_until("nobody is attached", || {
            (fleet.tow.json(&["info", "loki:one", "--json"])["attached"] == 0).then_some(())
        });
        let mut outer =
            Outer::start(fleet.tow.command(&["attach", "loki:two", "--read-only"]), (70, 15));
        outer.wait_text("this is two");
        outer.type_in("nothing\r");
        // tmux takes keys that come all at once for a paste; by the time this is answered they are taken.
        assert!(!fleet.tow.ok(&["peek", "loki:two"]).contains("nothing"));
        outer.type_in("\x02d");
        assert_eq!(outer.finish(), Some(0));
        assert!(!fleet.tow.ok(&["peek", "loki:two"]).contains("nothing"));
    }
}
