# What a host has. Prints lines `key TAB value`. Follows the functions that find programs (`f NAME` sets $p).
# $1 the folder of projects; $2 and $3 tow and tmux, names or paths; the rest: agents to look for.
say() { printf '%s\t%s\n' "$1" "$(printf %s "$2" | tr '\t\n\r' '   ')"; }
# An interactive shell minds no SIGTERM, and whatever it runs goes with it.
limited() { if command -v timeout >/dev/null 2>&1; then timeout -s KILL 5 "$@"; else "$@"; fi </dev/null 2>/dev/null; }
first() { limited "$@" | head -n 1; }
folder() { case $1 in '~') d=$HOME ;; '~/'*) d=$HOME/${1#??} ;; *) d=$1 ;; esac; }
has() { [ -s "$1" ] && echo yes || echo no; }

say system "$(uname -s)"
say machine "$(uname -m)"
say home "$HOME"
say shell "${SHELL:-}"
projects=$1 tow=${2:-tow} tmux=${3:-tmux}
shift 3

# What a command given to ssh finds.
plain=$PATH
# Panes get the environment of an interactive login shell.
login=$(limited "${SHELL:-sh}" -i -l -c 'echo towline-environment; env')
say login "$(case $login in *towline-environment*) echo yes ;; *) echo no ;; esac)"
path=$(printf '%s\n' "$login" | sed -n '/towline-environment$/,$s/^PATH=//p' | tail -n 1)
# The link looks for tow and tmux in both.
PATH=$plain:$path
keys=$(printf '%s\n' "$login" | sed -n 's/^\([A-Z_]*_API_KEY\)=..*/\1/p' | tr '\n' ' ')

f "$tow"
if [ -n "$p" ]; then
  say tow "$p"
  say tow_version "$(first "$p" --version)"
  say on_path "$(PATH=$plain; command -v "$tow" >/dev/null 2>&1 && echo yes || echo no)"
  say server "$(limited "$p" server status --json | tr -d '\n')"
  say doctor "$(limited "$p" doctor --json | tr -d '\n')"
fi
f "$tmux"
if [ -n "$p" ]; then say tmux "$p"; say tmux_version "$(first "$p" -V)"; fi
f git
if [ -n "$p" ]; then say git "$(first "$p" --version)"; fi
f mosh-server
if [ -n "$p" ]; then say mosh "$p"; fi
f ssh
if [ -n "$p" ]; then say ssh "$("$p" -V 2>&1 </dev/null | head -n 1)"; fi

PATH=${path:-$plain}
for agent in "$@"; do
  f "$agent"
  [ -n "$p" ] || continue
  in=unknown
  case $agent in
    claude) in=$(has "$HOME/.claude/.credentials.json"); key=ANTHROPIC_API_KEY ;;
    codex) in=$(has "$HOME/.codex/auth.json"); key=OPENAI_API_KEY ;;
    gemini) in=$(has "$HOME/.gemini/oauth_creds.json"); key=GEMINI_API_KEY ;;
    *) key= ;;
  esac
  # A keychain can't be looked into from here.
  if [ "$in" = no ] && [ "$(uname -s)" = Darwin ]; then in=unknown; fi
  case " $keys" in *" $key "*) [ -z "$key" ] || in=yes ;; esac
  say agent "$agent $in $p"
done

if [ -n "$projects" ]; then
  folder "$projects"
  if [ -d "$d" ]; then say projects yes; else say projects no; fi
fi
say disk_free_kib "$(df -Pk "$HOME" 2>/dev/null | awk 'NR == 2 { print $4 }')"

if [ -d /run/systemd/system ]; then
  me=$(id -un)
  case $(limited loginctl show-user "$me" -p Linger) in
    *=yes) linger=yes ;;
    *) linger=no; if [ -e "/var/lib/systemd/linger/$me" ]; then linger=yes; fi ;;
  esac
  say linger "$linger"
  if [ -S "/run/user/$(id -u)/systemd/private" ]; then say manager yes; else say manager no; fi
  for f in /usr/lib/systemd /run/systemd /etc/systemd; do
    cat "$f/logind.conf" 2>/dev/null
  done | sed -n 's/^[[:blank:]]*KillUserProcesses/KillUserProcesses/p' | while IFS= read -r l; do say logind "$l"; done
  for f in /usr/lib/systemd /run/systemd /etc/systemd; do
    cat "$f"/logind.conf.d/*.conf 2>/dev/null
  done | sed -n 's/^[[:blank:]]*KillUserProcesses/KillUserProcesses/p' | while IFS= read -r l; do say logind "$l"; done
fi
# For each setting sshd heeds the first value, and includes these first.
cat /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config 2>/dev/null |
  sed -n 's/^[[:blank:]]*[Mm][Aa][Xx][Ss][Ee][Ss][Ss][Ii][Oo][Nn][Ss][[:blank:]=]*\([0-9]*\).*/\1/p' |
  head -n 1 | while IFS= read -r l; do say max_sessions "$l"; done
say end yes
