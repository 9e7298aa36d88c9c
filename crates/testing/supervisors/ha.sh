#!/bin/sh
# PostgreSQL nodes under Patroni, and one etcd. The folder has patroni.yml, and a file NODE.env for each node.
. "$(dirname "$0")/common.sh"

obey() {
    case $1 in
    etcd) start_etcd "${2% *}" "${2#* }" ;;
    start) start_node "$2" ;;
    kill) kill_node "$2" ;;
    pause) pause_node "$2" ;;
    resume) resume_node "$2" ;;
    *) echo "no such command: $1" && return 1 ;;
    esac
}

# start_etcd PORT PEER_PORT
start_etcd() {
    own
    become etcd --name=etcd --data-dir="$folder/etcd" --listen-client-urls="http://127.0.0.1:$1" \
        --advertise-client-urls="http://127.0.0.1:$1" --listen-peer-urls="http://127.0.0.1:$2" \
        --initial-advertise-peer-urls="http://127.0.0.1:$2" --initial-cluster="etcd=http://127.0.0.1:$2" \
        >>"$folder/etcd.log" 2>&1 </dev/null &
    echo $! >"$folder/run/etcd.pid"
}

start_node() {
    own
    (
        set -a
        . "$folder/$1.env"
        set +a
        become patroni "$folder/patroni.yml"
    ) >>"$folder/$1.log" 2>&1 </dev/null &
    echo $! >"$folder/run/$1.pid"
}

# pid NAME: the process of etcd or of a node's Patroni.
pid() {
    cat "$folder/run/$1.pid" && return
    echo "$1 does not run"
    return 1
}

# kill_node NODE: Patroni first, so that it does not start its server again.
kill_node() {
    patroni=$(pid "$1") || { echo "$patroni"; return 1; }
    freeze "$patroni"
    if postmaster "$folder/$1/data" >/dev/null; then
        kill_server "$folder/$1/data"
    fi
    kill_process_of "$1"
}

# kill_process_of NAME: also what it started to help it.
kill_process_of() {
    process=$(pid "$1") || return 0
    # shellcheck disable=SC2046 # A list.
    kill -KILL "$process" $(children "$process")
    wait "$process"
    rm -f "$folder/run/$1.pid"
}

pause_node() {
    patroni=$(pid "$1") && freeze "$patroni" && pause_server "$folder/$1/data"
}

resume_node() {
    patroni=$(pid "$1") && resume_server "$folder/$1/data" && kill -CONT "$patroni"
}

end() {
    for file in "$folder"/*.env; do
        node=${file##*/}
        kill_node "${node%.env}"
    done
    kill_process_of etcd
} >/dev/null

serve
