//! What a kill ends, and what it doesn't.

use towline_testkit::{Tow, wait_until};

use crate::{processes, tow};

#[test]
fn a_kill_ends_whatever_a_program_has_started() {
    let tow = tow();
    // In a session of its own; forked twice, so that its parent is gone; deaf to what asks it to end; in the
    // background with the terminal closed.
    let program = r#"
        setsid sleep 1001 &
        (setsid sh -c 'sleep 1002 & exec sleep 1003' &) &
        (trap '' HUP TERM INT; setsid sh -c 'trap "" HUP TERM INT; echo deaf; while :; do sleep 0.1; done' &)
        sleep 1004 < /dev/null > /dev/null 2>&1 &
        (while :; do sh -c 'sleep 0.01'; done) &
        echo ready
        exec sleep 1005"#;
    tow.spawn("x", program);
    tow.wait_output("x", "deaf");
    tow.wait_output("x", "ready");
    assert_eq!(tow.ok(&["kill", "x"]), "killed x\n");
    let server = processes::server(&tow).unwrap();
    // At once, not by and by: who is told that it is killed may delete the folder it worked in.
    assert_eq!(tow.processes(), [server]);
}

#[test]
fn a_kill_spares_a_server_that_was_started_inside() {
    let outer = tow();
    let inner = Tow::new(env!("CARGO_BIN_EXE_tow"));
    let tow = env!("CARGO_BIN_EXE_tow");
    let program = format!(
        "TOWLINE_HOME='{}' '{tow}' spawn --detach --name inner -- sh -c 'echo inside; read x; echo got $x; exec sleep 1000'; \
         echo done; exec sleep 1000",
        inner.home().display()
    );
    // The variables of a pane would lead the inner command back to the outer server.
    outer.spawn("outer", &format!("unset TOWLINE_SOCKET TOWLINE_ADDR; {program}"));
    outer.wait_output("outer", "^done$");
    inner.wait_output("inner", "inside");
    let (server, pane) = (processes::server(&inner).unwrap(), inner.pane("inner"));
    assert_eq!(outer.ok(&["kill", "outer"]), "killed outer\n");
    assert_eq!(processes::server(&inner), Some(server));
    assert_eq!(inner.pane("inner")["pid"], pane["pid"]);
    inner.ok(&["send", "inner", "hello"]);
    inner.wait_output("inner", "^got hello$");
    // Also a kill of the inner server is none of the outer one's business.
    inner.kill_server();
    assert_eq!(inner.pane("inner")["pid"], pane["pid"]);
}

#[test]
fn a_program_that_reads_nothing_of_all_that_was_typed_can_be_killed() {
    let tow = tow();
    tow.spawn("x", "stty raw -echo; echo ready; exec sleep 1000");
    tow.wait_output("x", "ready");
    // More than its holder takes in before it is written.
    let text = tow.work().join("text");
    std::fs::write(&text, "x".repeat(3 << 20)).unwrap();
    let mut sends = Vec::new();
    for _ in 0..2 {
        let mut command = tow.command(&["send", "x", "--stdin"]);
        command.stdin(std::fs::File::open(&text).unwrap());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        sends.push(command.spawn().unwrap());
    }
    wait_until("a key has to wait behind all of that", || {
        let outcome = tow.run(&["--timeout", "1s", "send", "x", "--key", "a"]);
        // Nobody knows by then whether it will be written.
        (outcome.status == 6).then_some(())
    });
    assert_eq!(tow.ok(&["kill", "x"]), "killed x\n");
    for mut send in sends {
        let _ = send.kill();
        let _ = send.wait();
    }
    assert_eq!(tow.processes(), [processes::server(&tow).unwrap()]);
}
