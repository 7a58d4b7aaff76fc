# Shared by scripts/demo and scripts/test: makes the checkout runnable.
# Sourced by bash; defines functions only.
#
#   set_up base    system libraries for a window, .venv, the package
#   set_up dev     the same, and all that the test suite needs

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

say() { printf '==> %s\n' "$*"; }
die() { printf 'o3d-paint: %s\n' "$*" >&2; exit 1; }

# Runs a command as root where that needs no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 126
    fi
}

# Installs system packages with one command line, or says which one to type.
install_system() { # why, command line
    say "$1: $2"
    local status=0
    case "$2" in
        apt-get*)
            as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive ${2/apt-get/apt-get -qq} >/dev/null || status=$? ;;
        dnf* | zypper* | pacman*)
            as_root $2 >/dev/null || status=$? ;;
        *)
            status=126 ;;
    esac
    [ "$status" -eq 0 ] && return
    [ "$status" -eq 126 ] && die "this needs the administrator once. Run:  sudo $2   and start again."
    die "the system packages did not install (code $status). Run:  sudo $2   and start again."
}

# Sets $python to a Python 3.10 to 3.13, the newest on PATH that Open3D has a wheel for.
find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11 python3.10; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null; then
            python=$(command -v "$name")
            return 0
        fi
    done
    return 1
}

require_python() {
    find_python && return
    if command -v apt-get >/dev/null 2>&1; then
        install_system "Python is missing" "apt-get install -y --no-install-recommends python3 python3-venv"
    elif command -v dnf >/dev/null 2>&1; then
        install_system "Python is missing" "dnf install -y python3.13"
    elif command -v zypper >/dev/null 2>&1; then
        install_system "Python is missing" "zypper --non-interactive install python313"
    elif command -v brew >/dev/null 2>&1; then
        say "Python is missing: brew install python@3.13"
        brew install --quiet python@3.13
    fi
    find_python || die "no Python 3.10 to 3.13 found on PATH. Install one and start again."
}

# Debian and Ubuntu take ensurepip out of Python and put it into python3.X-venv.
make_venv() {
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import pip' 2>/dev/null && return
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        local version
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        command -v apt-get >/dev/null 2>&1 || die "$python has no venv module. Install it and start again."
        install_system "Python's venv module is missing" \
            "apt-get install -y --no-install-recommends python$version-venv"
    fi
    say "making the virtual environment .venv with $("$python" -V)"
    "$python" -m venv --clear "$venv"
}

# Installs the package into .venv unless the stamp says that this has been done.
install_package() { # base or dev
    local stamp="$venv/.o3d-paint-$1" target="$root" want quiet=""
    want="$root $(cksum <"$root/pyproject.toml")"
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
    [ "$1" = dev ] && target="$root[dev]"
    say "installing O3D Paint and its libraries into .venv (about 300 MB to fetch the first time)"
    [ -t 1 ] || quiet="-q"
    # shellcheck disable=SC2086
    "$venv/bin/python" -m pip install $quiet --no-input --disable-pip-version-check -e "$target" </dev/null ||
        die "pip could not install the libraries; its message is above."
    printf '%s\n' "$want" >"$stamp"
    [ "$1" = dev ] && printf '%s\n' "$want" >"$venv/.o3d-paint-base"
    return 0
}

set_up() { # base or dev
    local missing
    require_python
    missing=$(cd "$root" && "$python" -B -m o3d_paint.system_packages $([ "$1" = dev ] && echo --tests))
    [ -n "$missing" ] && install_system "system libraries are missing" "$missing"
    make_venv
    install_package "$1"
}
