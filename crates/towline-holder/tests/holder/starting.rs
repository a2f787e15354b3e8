//! How programs are started, and what is said when they can't be.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use towline_holder::is_alive;
use towline_protocol::holder::ResourceLimit;

use crate::pane::{Pane, holder_command, journal, order, spec, start, wait_until};

#[test]
fn a_program_runs_prints_and_exits() {
    let mut pane = Pane::sh("printf hi; exit 3");
    pane.link.wait_for_exit();
    assert_eq!(pane.journal(), ["start 80x24", "hi", "exit 3"]);
}

#[test]
fn a_program_gets_what_it_was_given_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    let link = folder.path().join("link");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let script = "echo pwd=$PWD; umask; ulimit -n; ulimit -c; tty; stty size; stty -a | grep -o .iutf8
        ls /proc/self/fd | tr '\\n' ' '; echo; grep -E 'Sig(Blk|Ign)' /proc/self/status; env | sort; ps -o pid=,pgid=,sid=,tpgid= -p $$ | tr -s ' '; echo $$";
    let mut order = spec(&["sh", "-c", script]);
    order.cwd = link.to_str().unwrap().into();
    order.env.push(b"FOO=bar baz".to_vec());
    order.env.push(b"PWD=/wrong".to_vec());
    order.umask = Some(0o027);
    order.cols = 91;
    order.rows = 17;
    order.limits = vec![
        ResourceLimit { resource: libc::RLIMIT_NOFILE, soft: 100, hard: 200 },
        ResourceLimit { resource: libc::RLIMIT_CORE, soft: 0, hard: u64::MAX },
    ];
    let mut pane = Pane::new(&order);
    assert_eq!(pane.link.wait_for_exit().status, towline_journal::ExitStatus::Code(0));
    let text = pane.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("pwd={}", link.display()));
    assert_eq!(&lines[1..4], ["0027", "100", "0"]);
    assert!(lines[4].starts_with("/dev/pts/"), "{text}");
    assert_eq!(&lines[5..7], ["17 91", " iutf8"]);
    // The fourth is that of the listing itself.
    assert_eq!(lines[7].trim(), "0 1 2 3");
    assert_eq!(lines[8], "SigBlk:\t0000000000000000");
    assert_eq!(lines[9], "SigIgn:\t0000000000000000");
    let env: Vec<&&str> = lines[10..]
        .iter()
        .take_while(|line| line.contains('='))
        .filter(|line| !line.starts_with("_=") && !line.starts_with("SHLVL="))
        .collect();
    let keys: Vec<&str> = env.iter().map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(keys, ["FOO", "LC_ALL", "PATH", "PWD", "TERM"]);
    assert!(text.contains("FOO=bar baz\r\n"));
    let pid = pane.child;
    assert!(text.contains(&format!("{pid} {pid} {pid} {pid}\r\n{pid}\r\n")), "{text}");
}

#[test]
fn the_path_is_that_of_the_given_environment() {
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("only-here");
    // Without a first line that names an interpreter, as execvp(3) takes it.
    fs::write(&tool, "echo found $1\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let mut order = spec(&["only-here", "it"]);
    order.env = vec![format!("PATH=/none:{}:/bin", folder.path().display()).into()];
    let mut pane = Pane::new(&order);
    pane.link.wait_for_exit();
    assert_eq!(pane.text(), "found it\r\n");
}

#[test]
fn what_cannot_be_started_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "x").unwrap();
    let plain = plain.to_str().unwrap();
    let mut nowhere = spec(&["true"]);
    nowhere.cwd = b"/no/such/folder".to_vec();
    let cases = [
        (
            spec(&["no-such-tool", "-x"]),
            "error command not found: no-such-tool (No such file or directory in any folder of PATH)"
                .to_owned(),
        ),
        (spec(&["/no/such/tool"]), "error cannot run /no/such/tool: No such file or directory".into()),
        (spec(&[plain]), format!("error cannot run {plain}: Permission denied")),
        (nowhere, "error cannot enter the folder /no/such/folder: No such file or directory".into()),
        (spec(&[]), "error the order to start a pane can't be used: there is no command".into()),
    ];
    for (order, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Pane::start_in(dir.path(), &order, |_| ()).err(), Some(expected));
        crate::pane::wait_until("the holder has left", || !is_alive(dir.path()));
        assert!(towline_holder::connect(dir.path()).is_err());
    }
}

#[test]
fn one_pane_has_one_holder_and_its_journal_goes_on_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let mut pane =
        Pane::start_in(dir.path(), &spec(&["sh", "-c", "read x; echo $x"]), |_| ()).unwrap();
    assert_eq!(
        start(holder_command(dir.path()), &spec(&["true"])),
        "error another holder has this pane"
    );
    pane.link.type_text("one\n");
    pane.link.wait_for_exit();
    pane.link.send(&towline_holder::wire::ToHolder::Release);
    pane.wait_until_gone();
    let mut pane = Pane::start_in(dir.path(), &spec(&["echo", "two"]), |_| ()).unwrap();
    pane.link.wait_for_exit();
    assert_eq!(
        journal(dir.path()),
        ["start 80x24", "one\r\none\r\n", "exit 0", "start 80x24", "two\r\n", "exit 0"]
    );
}

#[test]
fn a_long_path_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("d".repeat(100)).join("e".repeat(100));
    fs::create_dir_all(&dir).unwrap();
    let mut pane = Pane::start_in(&dir, &spec(&["sleep", "1000"]), |_| ()).unwrap();
    assert_eq!(pane.link.kill(1000), 0);
}

#[test]
fn its_files_are_the_owners_and_it_is_a_process_of_its_own() {
    let mut pane = Pane::sh("sleep 1000");
    let welcome = pane.reconnect();
    for name in ["lock", "sock", "journal/reserve", "journal/0000000000000000.seg"] {
        let mode = fs::metadata(pane.dir().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
    }
    let holder = welcome.holder_pid;
    let stat = fs::read_to_string(format!("/proc/{holder}/stat")).unwrap();
    assert!(stat.contains("(tow: holder)"));
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    assert_ne!(fields[1], std::process::id().to_string(), "not the server's child");
    assert_eq!(fields[2], holder.to_string(), "its own group");
    assert_eq!(fs::read_link(format!("/proc/{holder}/cwd")).unwrap().to_str(), Some("/"));
    for fd in 0..3 {
        let target = fs::read_link(format!("/proc/{holder}/fd/{fd}")).unwrap();
        assert_eq!(target.to_str(), Some("/dev/null"));
    }
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGPIPE, libc::SIGUSR1] {
        // SAFETY: sends a signal to the holder this test has started.
        assert_eq!(unsafe { libc::kill(holder.cast_signed(), signal) }, 0);
    }
    assert_eq!(pane.link.open([3; 16], false), (0, false), "it still answers");
}

#[test]
fn an_order_that_nobody_stands_by_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let proof = dir.path().join("proof");
    let whole = order(&spec(&["touch", proof.to_str().unwrap()]));
    // The server that gave it died before its end, or before it knew of the lock.
    for length in [0, 3, 20, whole.len() - 2, whole.len() - 1] {
        let mut child = holder_command(dir.path()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&whole[..length]).unwrap();
        let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        child.wait().unwrap();
        assert!(said.lines().last().unwrap().starts_with("error "), "{length}: {said}");
        wait_until("the pane is free", || !is_alive(dir.path()));
        assert!(!proof.exists() && !dir.path().join("journal").exists());
    }
    assert!(start(holder_command(dir.path()), &spec(&["true"])).starts_with("ready "));
    wait_until("the pane is over", || !is_alive(dir.path()));
}
