# Sourced by tests/run, tests/ha and .ci/run: finds what they need, and installs system packages, only where something
# is missing.
# shellcheck shell=bash

fail() {
    echo "$0: $*" >&2
    exit 1
}

need_cargo() {
    if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then
        source "$HOME/.cargo/env"
    fi
    command -v cargo >/dev/null || fail "Rust is missing: install it from https://rustup.rs, then run this again"
    cargo --version >/dev/null || fail "cargo does not start: rust-toolchain.toml names the toolchain that it needs"
}

# need_cargo_tool NAME VERSION: a program of cargo's, below target/tools, built where it is not there.
need_cargo_tool() {
    export PATH="$PWD/target/tools/bin:$PATH"
    grep -qsF "\"$1 $2 " target/tools/.crates.toml && return
    echo "installing $1 $2 into target/tools: some minutes the first time"
    CARGO_TARGET_DIR=target/tools/build RUSTFLAGS='' cargo install --quiet --locked --root target/tools --version "$2" "$1" ||
        fail "$1 can not be installed"
    rm -rf target/tools/build
}

# SQLite, the cryptography and the allocator are compiled from C.
need_c_compiler() {
    command -v cc >/dev/null || install_packages "a C compiler is missing" gcc libc6-dev || fail "no C compiler"
}

# need_program PROGRAM PACKAGE
need_program() {
    command -v "$1" >/dev/null || install_packages "$1 is missing" "$2" || fail "no $1"
}

# Its programs, for servers that tests start and end. Debian's lie outside the PATH.
need_postgres() {
    { command -v initdb && command -v psql || compgen -G '/usr/lib/postgresql/*/bin/initdb'; } >/dev/null ||
        install_packages "PostgreSQL is missing" postgresql postgresql-client || fail "no PostgreSQL"
}

# Libraries of others that read exports and call the API, at the versions of tests/requirements.txt.
need_python_packages() {
    need_python_environment target/python tests/requirements.txt
}

# need_python_environment FOLDER REQUIREMENTS: an environment with these packages, made anew where they have changed.
need_python_environment() {
    local environment=$1 wanted=$2
    cmp -s "$wanted" "$environment/installed.txt" && return
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null ||
        install_packages "Python or its venv is missing" python3 python3-venv || fail "no Python"
    echo "installing the Python packages of $wanted into $environment"
    rm -rf "$environment"
    python3 -m venv "$environment" || fail "no Python environment can be made"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$wanted" ||
        fail "the Python packages of $wanted can not be installed"
    cp "$wanted" "$environment/installed.txt"
}

# buf, which the documents use, and gRPC for JavaScript, at the versions of the package-lock.json of each folder.
need_node_packages() {
    local folder
    for folder in . tests/clients/node; do
        cmp -s "$folder/package-lock.json" "$folder/node_modules/installed.json" && continue
        command -v npm >/dev/null || install_packages "npm is missing" nodejs npm || fail "no npm"
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) || fail "the packages of $folder can not be installed"
        cp "$folder/package-lock.json" "$folder/node_modules/installed.json"
    done
}

# Go and its own packages for notes and logs, as Debian has them: nothing is downloaded while tests run.
need_go() {
    { command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; } ||
        install_packages "Go or its package x/mod is missing" golang-go golang-golang-x-mod-dev || fail "no Go"
}

# install_packages WHY PACKAGE...: with apt-get as root or through sudo; elsewhere it says what to install.
install_packages() {
    local why=$1 as_root=()
    shift
    if ! command -v apt-get >/dev/null; then
        echo "$why: install $* with this system's package manager, then run this again" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "$why, and there is neither root nor sudo to install it: apt-get install $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "$why: installing $*"
    "${as_root[@]}" bash -c "$(declare -f install_programs); install_programs \"\$@\"" install "$@" </dev/null
}

# install_programs PACKAGE...: as root, in a shell of its own. The tests want programs only: no package starts a server,
# now or at the next boot.
install_programs() {
    set -euo pipefail
    export DEBIAN_FRONTEND=noninteractive
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d service
    made=()
    trap 'rm -f "${made[@]}"' EXIT
    if [ ! -e "$policy" ]; then
        made+=("$policy")
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 0755 "$policy"
    fi
    if [[ " $* " == *" postgresql "* ]]; then
        mkdir -p "$clusters"
        made+=("$clusters/assent-tests.conf")
        echo "create_main_cluster = false" >"$clusters/assent-tests.conf"
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    for service in etcd patroni; do
        if [[ " $* " == *" $service"* ]] && command -v systemctl >/dev/null; then
            systemctl --quiet disable "$service" || true
        fi
    done
}
