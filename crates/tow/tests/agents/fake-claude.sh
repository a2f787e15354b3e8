#!/bin/sh
# As much of Claude Code as starting it needs: its options, its conversations as files, its hooks' events. Each start adds a
# line to $HOME/runs.
config=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
id=- resumed=no model=- hooks=no prompt=-
while [ $# -gt 0 ]; do
  case $1 in
    --resume) id=$2 resumed=yes; shift 2 ;;
    --session-id) id=$2; shift 2 ;;
    --model) model=$2; shift 2 ;;
    --settings) hooks=yes; shift 2 ;;
    *) prompt=$1; shift ;;
  esac
done
echo "id=$id resumed=$resumed model=$model hooks=$hooks prompt=$prompt key=${KEY--} config=$config" >> "$HOME/runs"
mkdir -p "$config/talks"
if [ $resumed = yes ] && [ ! -e "$config/talks/$id" ]; then
  echo "No conversation found with session ID: $id"
  exit 1
fi
tell() {
  printf '{"hook_event_name":"%s","session_id":"%s"}' "$1" "$id" | "${TEST_TOW:-tow}" agent-event claude
}
if [ "$prompt" != - ]; then
  echo "$prompt" >> "$config/talks/$id"
  tell UserPromptSubmit
  tell Stop
  echo "answered $prompt"
fi
printf '\033]7501;state=idle:app=claude-code\007ready\n'
while read -r line; do
  case $line in
    quit) exit 0 ;;
    die) exit 3 ;;
  esac
done
