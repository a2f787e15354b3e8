# A coding agent as far as a terminal shows one: an input box at the bottom, work, questions, a transcript above.
#
# Options: start=SECONDS   until the box is shown          work=SECONDS   how long a prompt is worked on
#          react=SECONDS   until anything typed is read    deaf           Enter is not taken
#          newline         the first Enter after a paste is a new line, as some agents have it
#          silent          what is typed is not shown      trust          begins with the question whether to trust
# Prompts: "ask"  asks for leave     "die"     ends with status 3   "quit"  ends with status 0
#          /menu  opens a dialog     /status   prints a line, without work
# Each prompt that is taken is a line of the file `taken` in its folder, each answer to a question one of `answered`.
start=0 work=0.3 react=0 deaf= newline= silent= ask_trust=
for option; do
    case $option in
    start=*) start=${option#*=} ;;
    work=*) work=${option#*=} ;;
    react=*) react=${option#*=} ;;
    deaf) deaf=1 ;;
    newline) newline=1 ;;
    silent) silent=1 ;;
    trust) ask_trust=1 ;;
    *) echo "demo-agent: unknown option $option" >&2; exit 2 ;;
    esac
done

saved=$(stty -g)
trap 'printf "\e[?2004l\e[?25h"; stty "$saved"' EXIT
stty -icanon -echo -icrnl -isig min 1 time 0
echo "demo agent 1.0"
[[ $start != 0 ]] && sleep "$start"
printf '\e[?2004h'

transcript=() buffer= mode=idle until=0 queue=() pasted= shown= tick=0

micros() { local now=${EPOCHREALTIME/[.,]/}; REPLY=$now; }

# The screen, drawn anew as one.
draw() {
    local rows columns bottom=() line
    rows=$(stty size) columns=${rows#* } rows=${rows% *}
    case $mode in
    working)
        bottom=("* Working… $tick (esc to interrupt)")
        for line in "${queue[@]}"; do bottom+=("  queued: $line"); done ;;
    esac
    case $mode in
    asking) bottom+=("" "run: rm -r build" "Proceed? (y/n)") ;;
    trusting) bottom+=("" "Do you trust this folder? (y/n)") ;;
    menu) bottom+=("" "Choose a model" "  1. small" "  2. large" "Esc to close") ;;
    *)
        bottom+=("────────────────────")
        if [[ -z $buffer || $silent ]]; then bottom+=("> ready"); else
            while IFS= read -r line; do bottom+=("$line"); done <<<"> $buffer"
        fi
        bottom+=("────────────────────") ;;
    esac
    local room=$((rows - ${#bottom[@]} - 1)) from=0
    ((${#transcript[@]} > room)) && from=$((${#transcript[@]} - room))
    local text=
    for line in "${transcript[@]:from}" "${bottom[@]}"; do text+="${line:0:columns * 4}"$'\r\n'; done
    printf '\e[?2026h\e[H\e[2J%s\e[?2026l' "${text%$'\r\n'}"
}

say() {
    local line
    while IFS= read -r line; do transcript+=("$line"); done <<<"$1"
}

begin() {
    printf '%s\n' "${1//$'\n'/\\n}" >>taken
    say "> $1"
    case $1 in
    /status) say "status: fine" ;;
    /menu) mode=menu ;;
    die) exit 3 ;;
    quit) exit 0 ;;
    *) mode=working doing=$1; micros; until=$((REPLY + $(awk "BEGIN { print int($work * 1000000) }"))) ;;
    esac
}

finish() {
    if [[ $doing == ask ]]; then mode=asking doing=; return; fi
    mode=idle
    say "answer to: $doing"
    next
}

next() {
    if ((${#queue[@]})); then
        local prompt=${queue[0]}
        queue=("${queue[@]:1}")
        begin "$prompt"
    fi
}

enter() {
    [[ $deaf ]] && return
    if [[ $newline && $pasted ]]; then pasted=; buffer+=$'\n'; return; fi
    pasted=
    local prompt=$buffer
    buffer=
    [[ -z ${prompt//[$'\n ']/} ]] && return
    prompt=${prompt%$'\n'}
    if [[ $mode == working ]]; then queue+=("$prompt"); else begin "$prompt"; fi
}

answer() {
    case $1 in
    y | $'\r' | $'\n') echo "yes" >>answered; say "allowed" ;;
    n | escape) echo "no" >>answered; say "denied" ;;
    *) return ;;
    esac
    if [[ $mode == trusting ]]; then mode=idle; return; fi
    mode=idle
    say "answer to: ask"
    next
}

escape() {
    local sequence= c
    # What follows an Escape in a sequence is there already. To read with a limit would fail on a busy machine, where the time can be
    # over before the byte is taken.
    IFS= read -rst 0 || sleep 0.05
    if IFS= read -rst 0 && IFS= read -rsN1 c; then
        if [[ $c != [[O] ]]; then
            # Another key.
            escaped ""
            key "$c"
            return
        fi
        sequence=$c
        while IFS= read -rsN1 c; do
            sequence+=$c
            [[ $c == [~A-Za-z] ]] && break
        done
    fi
    escaped "$sequence"
}

# An Escape alone, or what came behind it.
escaped() {
    local sequence=$1 c
    case $sequence in
    "")
        case $mode in
        working) mode=idle; say "interrupted"; next ;;
        asking | trusting) answer escape ;;
        menu) mode=idle ;;
        esac ;;
    "[200~")
        local paste=
        while IFS= read -rsN1 c; do
            paste+=$c
            [[ $paste == *$'\e[201~' ]] && break
        done
        paste=${paste%$'\e[201~'} paste=${paste//$'\r'/$'\n'}
        # As real ones do: a dialog drops what is pasted.
        if [[ $mode == idle || $mode == working ]]; then buffer+=$paste pasted=1; fi ;;
    esac
}

key() {
    if [[ $1 == $'\e' ]]; then escape; return; fi
    case $mode in
    asking | trusting) answer "$1" ;;
    menu) ;;
    *)
        case $1 in
        # bash has the terminal turn CR into LF while it reads.
        $'\r' | $'\n') enter ;;
        $'\x7f') buffer=${buffer%?} ;;
        $'\x03') exit 130 ;;
        *) buffer+=$1 pasted= ;;
        esac ;;
    esac
}

[[ $ask_trust ]] && mode=trusting
draw
while :; do
    if [[ $mode == working ]]; then
        if IFS= read -rsN1 -t 0.1 c; then [[ $react != 0 ]] && sleep "$react"; key "$c"; fi
    else
        IFS= read -rsN1 c || exit 0
        [[ $react != 0 ]] && sleep "$react"
        key "$c"
    fi
    while IFS= read -rst 0 && IFS= read -rsN1 c; do key "$c"; done
    if [[ $mode == working ]]; then
        tick=$((tick + 1))
        micros
        ((REPLY >= until)) && finish
    fi
    draw
done
