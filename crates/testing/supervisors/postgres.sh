#!/bin/sh
# One throw-away PostgreSQL server, its settings in the folder's server.conf and hba.conf.
. "$(dirname "$0")/common.sh"

data=$folder/data
# Seconds.
START_TIMEOUT=60
STOP_TIMEOUT=30

obey() {
    case $1 in
    running) echo "${TEST_POSTGRES_URL-}" ;;
    initialise) initialise ;;
    start) start ;;
    stop) as_account "$(programs)/pg_ctl" stop -s -w -t "$STOP_TIMEOUT" -D "$data" -m "$2" 2>&1 ;;
    kill) kill_server "$data" ;;
    pause) pause_server "$data" ;;
    resume) resume_server "$data" ;;
    *) echo "no such command: $1" && return 1 ;;
    esac
}

initialise() {
    own && as_account "$(programs)/initdb" --pgdata="$data" --username=postgres --auth=trust --no-sync \
        --encoding=UTF8 --locale=C >"$folder/run/initdb" 2>&1 && return
    cat "$folder/run/initdb"
    return 1
}

start() {
    own && as_account "$(programs)/pg_ctl" start -s -w -t "$START_TIMEOUT" -D "$data" -l "$folder/server.log" \
        -o "-c config_file='$folder/server.conf' -c hba_file='$folder/hba.conf'" >"$folder/run/start" 2>&1 && return
    cat "$folder/run/start"
    tail -n 20 "$folder/server.log"
    return 1
}

end() {
    if postmaster "$data"; then
        # A paused server would not hear that it is to stop.
        resume_server "$data"
        obey stop immediate || kill_server "$data"
    fi
} >/dev/null

serve
