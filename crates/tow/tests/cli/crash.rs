//! What survives `kill -9` of the server.

use towline_testkit::wait_until;

use crate::tow;

#[test]
fn a_pane_and_what_it_printed_survive_the_server() {
    let tow = tow();
    tow.spawn("x", "echo before; read line; echo $line; exec sleep 1000");
    tow.wait_output("x", "before");
    let before = tow.pane("x");
    tow.kill_server();
    let after = tow.pane("x");
    for same in ["id", "pid", "name", "created_at", "cwd", "command"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    tow.ok(&["send", "x", "after"]);
    tow.wait_output("x", "^after$");
    assert!(tow.ok(&["peek", "x"]).starts_with("before\n"));
}

#[test]
fn what_a_pane_does_while_no_server_runs_is_not_lost() {
    let tow = tow();
    tow.spawn("x", "read line; i=1; while [ $i -le 300 ]; do echo row $i; i=$((i+1)); done; touch done; exit 6");
    tow.ok(&["send", "--no-enter", "x", "go"]);
    // The Enter goes straight to the server, which dies at once.
    tow.ok(&["send", "x", "--key", "Enter"]);
    tow.kill_server();
    let done = tow.work().join("done");
    wait_until("the program has ended", || done.exists().then_some(()));
    tow.ok(&["wait", "x", "--exit"]);
    assert_eq!(tow.pane("x")["exit"]["status"], 6);
    let text = tow.ok(&["peek", "x", "-n", "300"]);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("row")).collect();
    assert_eq!((rows.len(), rows.last()), (300.min(rows.len()), Some(&"row 300")));
    assert!(rows.len() >= 299, "{}", rows.len());
}

#[test]
fn nothing_is_typed_twice_or_lost_while_servers_die() {
    const TEXTS: usize = 30;
    let tow = tow();
    tow.spawn("x", "stty -echo; echo ready; while IFS= read -r x; do echo \"$x\" >> typed; done");
    tow.wait_output("x", "ready");
    let typed = tow.work().join("typed");
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            for n in 0..TEXTS {
                tow.ok(&["send", "x", &format!("text {n}")]);
            }
        });
        while !sender.is_finished() {
            if let Some(pid) = tow.server_pid() {
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        sender.join().unwrap();
    });
    let expected: String = (0..TEXTS).map(|n| format!("text {n}\n")).collect();
    wait_until("all is read", || {
        let text = std::fs::read_to_string(&typed).unwrap_or_default();
        (text.lines().count() >= TEXTS).then_some(())
    });
    assert_eq!(std::fs::read_to_string(typed).unwrap(), expected);
}

#[test]
fn a_spawn_is_done_once_while_servers_die() {
    const PANES: usize = 15;
    let tow = tow();
    tow.ok(&["server", "start"]);
    std::thread::scope(|scope| {
        let spawner = scope.spawn(|| {
            for n in 0..PANES {
                tow.spawn(&format!("pane-{n}"), "exec sleep 1000");
            }
        });
        while !spawner.is_finished() {
            if let Some(pid) = tow.server_pid() {
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        spawner.join().unwrap();
    });
    let mut names: Vec<String> =
        tow.panes().iter().map(|pane| pane["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut expected: Vec<String> = (0..PANES).map(|n| format!("pane-{n}")).collect();
    expected.sort();
    assert_eq!(names, expected);
}
