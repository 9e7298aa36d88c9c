# Sourced by tests/run and .ci/run: installs system packages, and only where something is missing.
# shellcheck shell=bash

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
    "${as_root[@]}" apt-get update -qq </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}
