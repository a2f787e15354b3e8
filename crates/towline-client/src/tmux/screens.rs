//! What panes with agents show: all of a host's in one round trip, and only those in which something was drawn since the
//! last look.
//!
//! The host's shell remembers of each pane what it was like. tmux tells in whole seconds when a window was drawn to, so a
//! pane is captured as long as more may come in the same second, and whoever looks finds out what is new.

use std::collections::HashSet;

use super::rows;
use super::setup::Found;

/// What an agent's pane shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screen {
    /// tmux's number of the pane.
    pub pane: u64,
    /// The title as tmux keeps it.
    pub title: String,
    /// What has the pane's terminal, as tmux names it.
    pub command: String,
    /// The rows of the screen, without blanks at their ends.
    pub rows: Vec<String>,
}

/// What a look at agents' panes found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Screens {
    /// Those that may have changed since the last look.
    pub screens: Vec<Screen>,
    /// Panes whose agent's process isn't there any more, or can't be asked after.
    pub gone: HashSet<u64>,
}

/// What tells that a pane was drawn to, beside when: a line in which a program says how far it is changes none of it, the
/// second does then.
const DRAWN: &str =
    "#{history_size}.#{cursor_x}.#{cursor_y}.#{pane_width}.#{pane_height} #{pane_title}";

/// The script that looks at these panes; each comes with the process of its agent, 0 where that isn't known. `mark` is 64
/// random bits.
pub(super) fn script(found: &Found, panes: &[(u64, i32)], mark: &str) -> Vec<u8> {
    let tmux = found.tmux();
    let words = |form: fn(&u64) -> String, between: &str| {
        panes.iter().map(|(pane, _)| form(pane)).collect::<Vec<_>>().join(between)
    };
    let ours = words(|pane| format!("%{pane}"), "|");
    let variables = words(|pane| format!("tow_drawn{pane}"), " ");
    let mut script = format!(
        r##"set -f
tow_at=$({tmux} display-message -p '%s' \; list-panes -a -F '#{{pane_id}} #{{window_activity}} {DRAWN}' 2>/dev/null)
tow_ask= tow_second=0
while read -r tow_id tow_then tow_rest; do
  case $tow_id in
  {ours}) tow_id=${{tow_id#%}} ;;
  %*) continue ;;
  *) tow_second=${{tow_id:-0}}; continue ;;
  esac
  eval "tow_was=\$tow_drawn$tow_id"
  if [ "$tow_then $tow_rest" != "$tow_was" ] || [ "$tow_then" -ge $((tow_second - 1)) ]; then
    eval "tow_drawn$tow_id=\$tow_then\\ \$tow_rest"
    tow_ask="$tow_ask ; display-message -p -t %$tow_id {mark}R#{{pane_id}}{mark}F#{{pane_title}}{mark}F#{{pane_current_command}}{mark}F ; capture-pane -p -t %$tow_id"
  fi
done <<TOW{mark}
$tow_at
TOW{mark}
[ -z "$tow_ask" ] || {tmux} ${{tow_ask# ;}} 2>/dev/null || unset {variables}
set +f
"##
    );
    for (pane, pid) in panes.iter().filter(|(_, pid)| *pid > 0) {
        script.push_str(&format!("kill -0 {pid} 2>/dev/null || printf '%s\\n' '{mark}G%{pane}'\n"));
    }
    script.into_bytes()
}

/// Reads what the script printed.
pub(super) fn parse(output: &[u8], mark: &str) -> Screens {
    let text = String::from_utf8_lossy(output);
    let mut found = Screens::default();
    let number = |text: &str| text.trim().strip_prefix('%')?.parse::<u64>().ok();
    let mut field = 0;
    for piece in text.split(mark).skip(1) {
        let mut chars = piece.chars();
        let tag = chars.next();
        let rest = chars.as_str();
        match tag {
            Some('G') => found.gone.extend(number(rest)),
            Some('R') => {
                field = 0;
                let pane = number(rest).unwrap_or(u64::MAX);
                found.screens.push(Screen { pane, ..Screen::default() });
            }
            Some('F') => {
                let Some(screen) = found.screens.last_mut() else { continue };
                field += 1;
                match field {
                    1 => screen.title = rest.to_owned(),
                    2 => screen.command = rest.to_owned(),
                    // Behind the last field the line ends.
                    _ => screen.rows = screen_rows(rest.strip_prefix('\n').unwrap_or(rest)),
                }
            }
            _ => {}
        }
    }
    found.screens.retain(|screen| screen.pane != u64::MAX);
    found
}

fn screen_rows(captured: &str) -> Vec<String> {
    rows::rows(captured).into_iter().map(|row| row.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_are_read_with_what_is_known_of_their_process() {
        let output = "motd\nMR%7MF✳ a titleMFclaudeMF\nrow 1\n\n❯ \nMR%8MFMFnodeMF\nx\nMG%8\n";
        let found = parse(output.as_bytes(), "M");
        let screen = |pane, title: &str, command: &str, rows: &[&str]| Screen {
            pane,
            title: title.into(),
            command: command.into(),
            rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        };
        assert_eq!(
            found.screens,
            [screen(7, "✳ a title", "claude", &["row 1", "", "❯"]), screen(8, "", "node", &["x"])]
        );
        assert_eq!(found.gone, HashSet::from([8]));
        assert_eq!(parse(b"", "M"), Screens::default());
        assert_eq!(parse(b"MR%xMFaMFbMF\nrow\nMR", "M"), Screens::default());
    }
}
