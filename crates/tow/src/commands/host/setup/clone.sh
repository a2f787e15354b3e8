# Clones a project, whole or not at all.
# $1 the folder of projects; $2 the project's name; $3 the remote.
case $1 in '~') d=$HOME ;; '~/'*) d=$HOME/${1#??} ;; *) d=$1 ;; esac
mkdir -p "$d" || exit 1
to=$d/$2
if [ -e "$to" ]; then echo there; exit 0; fi
command -v git >/dev/null 2>&1 || { echo "there is no git" >&2; exit 1; }
new=$d/.$2.cloning.$$
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
# Nobody can answer here.
GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND='ssh -o BatchMode=yes' \
  git clone --quiet -- "$3" "$new" </dev/null || exit 1
mv "$new" "$to" && echo cloned
