# Sourced by the supervisors. A supervisor runs servers for one test process in a folder of its own, reads commands
# from standard input and answers each with a line: `ok` or `failed`, and what there is to say. When its input ends,
# which it does however the test process went, SIGKILL included, the servers are ended and the folder is removed.
# shellcheck shell=sh

export LC_ALL=C
# Whoever runs the tests may have set what clients of PostgreSQL read.
unset PGDATA PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS PGSERVICE PGSSLMODE

# How long a killed process may take to be gone, in steps of GONE_STEP seconds.
GONE_STEPS_MAX=1500
GONE_STEP=0.02

folder=$(readlink -f "$(mktemp -d "${TMPDIR:-/tmp}/assent-XXXXXX")") || exit 1
mkdir "$folder/run"
# What goes wrong in here is said in answers; the rest is for whoever debugs a supervisor.
exec 2>"$folder/supervisor.log"

# PostgreSQL refuses to run as root.
account=
if [ "$(id -u)" -eq 0 ]; then
    account=$(id -un postgres || echo nobody)
fi

# become COMMAND...: turns this shell into it, as whom the servers run. In a session of its own: a group of processes
# whose parent ends while one of them is stopped gets a SIGHUP, and this shell would be one of them.
become() {
    if [ -n "$account" ]; then
        exec setsid setpriv --reuid="$account" --regid="$(id -g "$account")" --clear-groups "$@"
    fi
    exec setsid "$@"
}

# as_account COMMAND...: runs it as whom the servers run.
as_account() {
    (become "$@")
}

# own: gives the folder, and all that the test has put there, to whom the servers run as.
own() {
    [ -z "$account" ] || chown -R "$account:$(id -g "$account")" "$folder"
}

# The folder of PostgreSQL's programs: Debian's are not in the PATH, but for wrappers.
programs() {
    if command -v initdb >/dev/null && command -v postgres >/dev/null; then
        dirname "$(readlink -f "$(command -v initdb)")"
        return
    fi
    newest=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    if [ -z "$newest" ]; then
        echo "PostgreSQL is missing: install its server and its client (apt-get install postgresql)"
        return 1
    fi
    dirname "$newest"
}

# state PROCESS: its state as one letter; nothing where there is no such process.
state() {
    read -r status <"/proc/$1/stat" || return 0
    # The name before the state may hold blanks and parentheses.
    status=${status##*) }
    echo "${status%% *}"
} 2>/dev/null

# children PROCESS: those that it started, and that have not ended.
children() {
    for file in /proc/[0-9]*/stat; do
        read -r status <"$file" || continue
        fields=${status##*) }
        parent=${fields#* }
        [ "${parent%% *}" = "$1" ] && [ "${fields%% *}" != Z ] && echo "${status%% *}"
    done
    return 0
} 2>/dev/null

# freeze PROCESS: stops it where it is, and waits until it stands, so that it starts no more children.
freeze() {
    kill -STOP "$1" || return 1
    steps=0
    until [ "$(state "$1")" = T ]; do
        steps=$((steps + 1))
        [ -n "$(state "$1")" ] && [ "$steps" -lt "$GONE_STEPS_MAX" ] || return 1
        sleep "$GONE_STEP"
    done
}

# gone PROCESS...: waits until none is left. What nobody has fetched (Z) holds nothing any more.
gone() {
    steps=0
    for process; do
        while state=$(state "$process") && [ -n "$state" ] && [ "$state" != Z ]; do
            steps=$((steps + 1))
            if [ "$steps" -gt "$GONE_STEPS_MAX" ]; then
                echo "process $process does not end"
                return 1
            fi
            sleep "$GONE_STEP"
        done
    done
}

# postmaster DATA: the process of the server that runs in this folder. A killed one leaves its number behind, which may
# be somebody else's by now.
postmaster() {
    if ! read -r first <"$1/postmaster.pid" || [ "$(readlink "/proc/$first/cwd")" != "$1" ]; then
        echo "no server runs in $1"
        return 1
    fi
    echo "$first"
}

# family DATA: the server's process and all its children, and leaves the former frozen.
family() {
    first=$(postmaster "$1") && freeze "$first" && echo "$first $(children "$first" | tr '\n' ' ')"
}

# kill_server DATA: what a failure of the power does to its processes.
kill_server() {
    processes=$(family "$1") || { echo "$processes"; return 1; }
    # shellcheck disable=SC2086 # A list.
    kill -KILL $processes
    # shellcheck disable=SC2086
    gone $processes && forget_server "$1"
}

# forget_server DATA: what a reboot does: nothing is left by which a killed server would be taken for a running one. Its
# process may stay in the table for long, where the init of a container is slow to fetch it.
forget_server() {
    [ -e "$1/postmaster.pid" ] || return 0
    shared_memory=$(sed -n 7p "$1/postmaster.pid")
    [ -z "$shared_memory" ] || ipcrm -m "${shared_memory##* }"
    socket=$(sed -n 5p "$1/postmaster.pid")/.s.PGSQL.$(sed -n 4p "$1/postmaster.pid")
    rm -f "$1/postmaster.pid" "$socket" "$socket.lock"
}

# pause_server DATA, resume_server DATA: a server that takes connections and answers nothing; and its return.
pause_server() {
    processes=$(family "$1") || { echo "$processes"; return 1; }
    # shellcheck disable=SC2086
    kill -STOP $processes
}
resume_server() {
    first=$(postmaster "$1") || { echo "$first"; return 1; }
    # shellcheck disable=SC2046
    kill -CONT $(children "$first") "$first"
}

# answer COMMAND...
answer() {
    if "$@" >"$folder/run/answer" 2>>"$folder/supervisor.log"; then
        printf 'ok %s\n' "$(tr '\n' ' ' <"$folder/run/answer")"
    else
        printf 'failed %s\n' "$(tr '\n' ' ' <"$folder/run/answer")"
    fi
}

# finish: whatever comes now, it is done to its end.
finish() {
    trap '' HUP INT TERM
    end
    rm -rf "$folder"
}

# serve: obeys until the input ends. The caller defines `obey COMMAND ARGUMENT` and `end`.
serve() {
    trap finish EXIT
    trap 'exit 1' HUP INT TERM
    # An answer that nobody reads any more.
    trap : PIPE
    # The test's own folder may be closed to whom the servers run as.
    cd "$folder" || exit 1
    while read -r command argument; do
        case $command in
        folder) answer echo "$folder" ;;
        programs) answer programs ;;
        *) answer obey "$command" "$argument" ;;
        esac
    done
}
