# Starts an agent once and prints its screen when that is calm.
# $1 tow; $2 the agent; $3 the folder to start it in.
case $3 in '~') d=$HOME ;; '~/'*) d=$HOME/${3#??} ;; *) d=$3 ;; esac
pane=$("$1" spawn --detach --name towline-setup --cwd "$d" -- "$2" </dev/null) || exit 1
trap '"$1" -q kill "$pane" </dev/null >/dev/null 2>&1' EXIT
trap 'exit 1' HUP INT TERM
last= calm=0 left=20
while [ "$calm" -lt 2 ] && [ "$left" -gt 0 ]; do
  sleep 1
  left=$((left - 1))
  screen=$("$1" peek --screen "$pane" </dev/null 2>/dev/null)
  if [ -n "$screen" ] && [ "$screen" = "$last" ]; then calm=$((calm + 1)); else calm=0; fi
  last=$screen
done
printf '%s\n' "$last"
