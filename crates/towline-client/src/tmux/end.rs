//! Ending a pane's program, or signalling it.

use super::script::Script;
use super::setup::Found;

/// Signals by the numbers of the machine this runs on; other systems have other numbers for some of these.
const SIGNALS: [(i32, &str); 12] = [
    (libc::SIGHUP, "HUP"),
    (libc::SIGINT, "INT"),
    (libc::SIGQUIT, "QUIT"),
    (libc::SIGABRT, "ABRT"),
    (libc::SIGKILL, "KILL"),
    (libc::SIGUSR1, "USR1"),
    (libc::SIGUSR2, "USR2"),
    (libc::SIGTERM, "TERM"),
    (libc::SIGCONT, "CONT"),
    (libc::SIGSTOP, "STOP"),
    (libc::SIGTSTP, "TSTP"),
    (libc::SIGWINCH, "WINCH"),
];

/// A signal's name, where it has the same meaning everywhere.
pub(super) fn signal_name(number: i32) -> Option<&'static str> {
    SIGNALS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// The script that closes a pane. tmux hangs up on its processes; those on its terminal that don't mind are asked
/// to end after two seconds and made to after five, while the next script runs already.
pub(super) fn close(found: &Found, pane: u64) -> Vec<u8> {
    let tmux = found.tmux();
    let mut script = Script::about(found, pane);
    script.line("tow_tty=${6#/dev/}; tow_dead=$2");
    script.line(
        "tow_pids=; [ \"$tow_dead\" = 1 ] || tow_pids=$(ps -t \"$tow_tty\" -o pid= 2>/dev/null)",
    );
    script.line(format!("{tmux} kill-pane -t '%{pane}' 2>&1 || exit 1"));
    script.line(
        r#"[ -z "$tow_pids" ] || (
  tow_n=0
  while [ $tow_n -lt 12 ]; do
    sleep 0.5 2>/dev/null || sleep 1
    tow_n=$((tow_n + 1)); tow_left=
    for tow_pid in $tow_pids; do kill -0 "$tow_pid" 2>/dev/null && tow_left="$tow_left $tow_pid"; done
    [ -n "$tow_left" ] || exit 0
    tow_pids=$tow_left
    case $tow_n in 4) kill -s TERM $tow_left ;; 10) kill -s KILL $tow_left ;; esac
  done
) </dev/null >/dev/null 2>&1 &"#,
    );
    script.finish()
}

/// The script that signals the foreground process group of a pane, and prints `gone` where the pane is gone soon
/// after.
pub(super) fn signal(found: &Found, pane: u64, name: &str) -> Vec<u8> {
    let tmux = found.tmux();
    let mut script = Script::about(found, pane);
    script.alive();
    script.line("tow_group=$(ps -o tpgid= -p \"$5\" 2>/dev/null | tr -d ' ')");
    script.line("case $tow_group in ''|0|-*) tow_group=$5 ;; esac");
    // The one form that the `kill` of all shells takes for a group: dash wants `--` behind `-s`, BusyBox has none.
    script.line(format!("kill -{name} \"-$tow_group\" 2>&1 || exit 1"));
    script.line(format!(
        r##"tow_n=0
while [ $tow_n -lt 10 ]; do
  sleep 0.05 2>/dev/null || {{ sleep 1; tow_n=10; }}
  tow_n=$((tow_n + 1))
  tow_now=$({tmux} display-message -p -t '%{pane}' '#{{pane_id}}#{{pane_dead}}' 2>/dev/null)
  case $tow_now in "%{pane}0") ;; "%{pane}1") {tmux} kill-pane -t '%{pane}'; echo gone; exit 0 ;; *) echo gone; exit 0 ;; esac
done"##
    ));
    script.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_go_by_name() {
        assert_eq!(signal_name(libc::SIGINT), Some("INT"));
        assert_eq!(signal_name(libc::SIGUSR1), Some("USR1"));
        assert_eq!(signal_name(0), None);
        assert_eq!(signal_name(64), None);
    }
}
