# Before a page's commands. `where` is the block that runs.
set -uo pipefail
shopt -s expand_aliases
export HOME=$PWD LC_ALL=C.UTF-8
where=$page:0
servers=0

# Which command is under way, for whoever waits for the page: one that never ends has a name.
trap 'printf "%s %s: %s\n" "$EPOCHREALTIME" "$where" "$BASH_COMMAND" >.under-way' DEBUG

# What fails inside of a command is said outside of it.
exec 3>&2
failed() {
    echo "$where: $*" >&3
    [ "$servers" -eq 0 ] || cat .server-*.err >&3
    exit 1
}

# A server runs on until the page ends; the page goes on when it accepts calls, as its reader would.
assent() {
    if [ "${1-}" != serve ] && [ "${1-} ${2-}" != "witness serve" ]; then
        command assent "$@"
        return
    fi
    servers=$((servers + 1))
    local out=.server-$servers.out
    : >"$out"
    command assent "$@" >"$out" 2>".server-$servers.err" &
    local process=$!
    until grep -q 'listening on' "$out"; do
        kill -0 "$process" 2>/dev/null || failed "the server ended: assent $*"
        sleep 0.05
    done
    cat "$out"
}

# check WORD COMMAND: runs it, and compares the first word of its answer, of a public key its name. 1 is the exit code of a
# denial only.
check() {
    local word=$1 command=$2 status first=
    eval "$command" >.shown 2>&1
    status=$?
    read -r first _ <.shown
    if [ "$status" -ne 0 ] && { [ "$status" -ne 1 ] || [ "$word" != DENIED ]; }; then
        cat .shown >&2
        failed "exit code $status: $command"
    fi
    if [ -n "$word" ] && [ "${word%%+*}" != "${first%%+*}" ]; then
        cat .shown >&2
        failed "the page shows $word, and not ${first:-nothing}: $command"
    fi
}
