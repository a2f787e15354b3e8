//! Hosts through a real `ssh` and `sshd`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test tells by a panic what is wrong"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use towline_testkit::{Fleet, Running, Setup, gives_terminals, wait_until};

/// A stand-in for `tow`, which this crate can't build: it says how it was called.
fn stand_in(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("stand-in");
    std::fs::write(&path, "#!/bin/sh\necho \"tow in $TOWLINE_HOME: $*\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn fleet() -> (tempfile::TempDir, Fleet) {
    let folder = tempfile::tempdir().unwrap();
    let program = stand_in(&folder);
    (folder, Fleet::new(program))
}

/// The client's `ssh`, as Towline would call it.
fn ssh_command(fleet: &Fleet, arguments: &[&str]) -> Command {
    let like = fleet.tow.command::<&str>(&[]);
    let mut command = Command::new(fleet.ssh.bin().join("ssh"));
    command.arg("-oBatchMode=yes").args(arguments).stdin(Stdio::null());
    command.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin");
    command
}

fn ssh(fleet: &Fleet, arguments: &[&str]) -> Output {
    ssh_command(fleet, arguments).output().unwrap()
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_login_finds_a_home_of_its_own() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.towline("thor").tmux("loki");
    let (thor, loki) = (fleet.host_named("thor"), fleet.host_named("loki"));
    let line = "pwd; echo $HOME $TOWLINE_HOME $TMUX_TMPDIR $LANG $SHELL; command -v tow; command -v tmux; command -v ls; command -v git";
    let told = said(&ssh(&fleet, &["thor", "--", line]));
    let (home, there) = (thor.home().display().to_string(), thor.there());
    let folders = [there.home(), there.tmux_folder()].map(|folder| folder.display().to_string());
    let bin = there.folder().join("bin/tow").display().to_string();
    let tools = there.folder().join("tools").display().to_string();
    let expected = format!(
        "{home}\n{home} {} {} C.UTF-8 /bin/sh\n{bin}\n{tools}/ls\n{tools}/git\n",
        folders[0], folders[1]
    );
    assert_eq!(told, expected);
    let told = said(&ssh(&fleet, &["loki", "--", "command -v tow; command -v tmux; pwd"]));
    let bin = loki.there().folder().join("bin/tmux").display().to_string();
    assert_eq!(told, format!("{bin}\n{}\n", loki.home().display()));
}

#[test]
fn the_towline_of_a_host_is_its_own() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.towline("thor");
    let told = format!("tow in {}: list\n", fleet.host_named("thor").there().home().display());
    assert_eq!(said(&ssh(&fleet, &["thor", "tow", "list"])), told);
    assert_eq!(fleet.host_named("thor").tow(&["list"]).expect_status(0).stdout, told);
    assert_ne!(fleet.tow.ok(&["list"]), told);
}

#[test]
fn standard_streams_and_status_pass() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.host("thor", Setup::bare());
    let mut command = ssh_command(&fleet, &["thor", "cat; echo told >&2; exit 7"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut stdin = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &sent).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert_eq!((output.stdout, output.status.code()), (bytes, Some(7)));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "told\n");
}

#[test]
fn a_login_with_a_terminal_gets_a_login_shell_with_the_same_programs() {
    if let Err(reason) = gives_terminals() {
        eprintln!("skipped: {reason}");
        return;
    }
    let (_folder, fleet) = fleet();
    let fleet = fleet.host("thor", Setup::towline().shell("bash").noise("welcome"));
    let mut command = ssh_command(&fleet, &["-tt", "thor"]);
    command.stdin(Stdio::piped());
    let running = Running::of(command);
    let find = |text: &str| while !running.line().contains(text) {};
    find("welcome");
    running.type_in("command -v tow; echo shell $0, home $HOME; exit\n");
    find(&format!("{}/bin/tow", fleet.host_named("thor").there().folder().display()));
    find(&format!("home {}", fleet.host_named("thor").home().display()));
}

#[test]
fn noise_comes_once_before_a_command_where_the_shell_reads_its_files() {
    let (_folder, fleet) = fleet();
    let fleet = fleet
        .host("bash", Setup::bare().shell("bash").noise("welcome to this host").noise("again"))
        .host("sh", Setup::bare().noise("welcome"));
    let told = said(&ssh(&fleet, &["bash", "echo done"]));
    assert_eq!(told, "welcome to this host\nagain\ndone\n");
    assert_eq!(said(&ssh(&fleet, &["sh", "echo done"])), "done\n");
}

#[test]
fn a_host_can_have_another_locale() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.host("thor", Setup::bare().locale("C"));
    assert_eq!(said(&ssh(&fleet, &["thor", "locale charmap"])), "ANSI_X3.4-1968\n");
}

#[test]
fn tmux_on_a_host_is_the_hosts_own() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.tmux("loki").tmux("odin");
    let loki = fleet.host_named("loki");
    loki.tmux(&["new-session", "-d", "-s", "agents", "-n", "x", "cat"]);
    let list = ["tmux", "list-windows", "-a", "-F", "'#{session_name}:#{window_name}'"];
    assert_eq!(said(&ssh(&fleet, &[&["loki"], &list[..]].concat())), "agents:x\n");
    assert!(!ssh(&fleet, &[&["odin"], &list[..]].concat()).status.success(), "no tmux runs there");
}

#[test]
fn calls_are_counted_and_a_master_serves_several() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.host("thor", Setup::bare());
    let path = fleet.tow.folder().join("m");
    let path = format!("-oControlPath={}", path.display());
    let shared = [&path, "-oControlMaster=auto", "-oControlPersist=600", "thor", "echo hello"];
    let relay = &fleet.host_named("thor").relay;
    // Its standard error stays open in the master.
    let call = |arguments: &[&str]| {
        let status =
            ssh_command(&fleet, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.unwrap().success());
    };
    call(&shared);
    call(&shared);
    assert_eq!(relay.connections(), 1);
    assert_eq!(fleet.ssh.calls().len(), 2);
    assert!(fleet.ssh.calls()[1].arguments.ends_with("thor echo hello"));
    let master = fleet.host_named("thor").ssh_pids();
    assert_eq!(master.len(), 1, "{master:?}");
    assert!(fleet.ssh.calls().iter().all(|call| call.pid != master[0]), "it is in the background");
    relay.drop_connections();
    wait_until("the master ends", || fleet.host_named("thor").ssh_pids().is_empty().then_some(()));
    call(&shared);
    assert_eq!(relay.connections(), 2);
}

#[test]
fn hosts_that_can_not_be_reached() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.refusing("deadhost").silent("mute").host("new", Setup::bare().untrusted());
    let told = |arguments: &[&str]| {
        let output = ssh(&fleet, arguments);
        assert_eq!(output.status.code(), Some(255), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(&["deadhost", "true"]).contains("Connection refused"));
    let told_of_mute = told(&["-oConnectTimeout=1", "mute", "true"]);
    assert!(told_of_mute.contains("Connection timed out during banner exchange"), "{told_of_mute}");
    assert!(told(&["new", "true"]).contains("Host key verification failed"));
    let hosts = std::fs::read_to_string(fleet.hosts_file()).unwrap();
    assert!(hosts.contains("[host.mute]\naddress = \"ssh://mute\"\n"), "{hosts}");
}

#[test]
fn a_round_trip_to_a_host_takes_twice_the_delay_of_its_link() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.host("thor", Setup::bare());
    let mut command = ssh_command(&fleet, &["thor", "cat"]);
    command.stdin(Stdio::piped());
    let running = Running::of(command);
    let round_trip = || {
        let start = Instant::now();
        running.type_in("x\n");
        running.line();
        start.elapsed()
    };
    let bare = (0..5).map(|_| round_trip()).min().unwrap();
    let delay = Duration::from_millis(30);
    fleet.host_named("thor").relay.set_delay(delay);
    let slow = (0..5).map(|_| round_trip()).min().unwrap();
    eprintln!("a line there and back: {bare:?}, {slow:?} with a round trip of 60 ms");
    assert!(slow >= 2 * delay && slow < bare + 2 * delay + Duration::from_millis(5), "{slow:?}");
}

#[test]
fn a_host_that_crashes_takes_all_with_it_and_comes_back() {
    let (_folder, fleet) = fleet();
    let mut fleet = fleet.tmux("loki");
    let loki = fleet.host_mut("loki");
    loki.tmux(&["new-session", "-d", "-s", "agents", "cat"]);
    loki.crash();
    assert_eq!(loki.there().processes(), [] as [i32; 0]);
    let output = ssh(&fleet, &["loki", "true"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Connection refused"), "{output:?}");
    fleet.host_mut("loki").boot();
    said(&ssh(&fleet, &["loki", "true"]));
    assert!(!ssh(&fleet, &["loki", "tmux", "has-session"]).status.success());
}

#[test]
fn nothing_of_a_host_outlives_it() {
    let (_folder, fleet) = fleet();
    let fleet = fleet.tmux("loki");
    let line =
        "setsid sleep 1000 </dev/null >/dev/null 2>&1 & tmux new-session -d 'sleep 1000'; echo ok";
    assert_eq!(said(&ssh(&fleet, &["loki", line])), "ok\n");
    let running = Running::of(ssh_command(&fleet, &["loki", "echo on; sleep 1000"]));
    assert_eq!(running.line(), "on");
    let loki = fleet.host_named("loki");
    let mut pids = [loki.there().processes(), loki.session_pids()].concat();
    pids.sort_unstable();
    pids.dedup();
    assert!(pids.len() >= 6, "sshd of the session, shell, three sleeps, tmux: {pids:?}");
    drop(fleet);
    let alive = |pid: &&i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    };
    assert_eq!(pids.iter().find(alive), None);
}

#[test]
fn login_shells_of_other_kinds() {
    let (_folder, mut fleet) = fleet();
    let shells = ["fish", "tcsh", "zsh"];
    let there = |shell: &&&str| {
        ["/usr/bin", "/bin"].iter().any(|bin| std::path::Path::new(bin).join(shell).exists())
    };
    for shell in shells.iter().filter(there) {
        fleet = fleet.host(shell, Setup::towline().shell(shell).noise("welcome"));
        let home = fleet.host_named(shell).home();
        let told = said(&ssh(&fleet, &[shell, "echo $HOME; which tow"]));
        let bin = fleet.host_named(shell).there().folder().join("bin/tow");
        assert_eq!(told, format!("welcome\n{}\n{}\n", home.display(), bin.display()), "{shell}");
    }
}
