#!/usr/bin/env bash
# Installs the Debian packages that are missing; with nothing missing it needs no root and no network.
#
#   scripts/setup.sh [GROUP ...]      groups: build (default) fashion fuzz browser format tidy
#   scripts/setup.sh --optional GROUP ...   what can't be installed is said in a line, not an error
#
# Something counts as there when its tool is on PATH, pkg-config knows it, or dpkg says so, in that order: a cmake from
# elsewhere is as good as Debian's.
set -euo pipefail

# package | probe: tool:NAME, pc:NAME (pkg-config), or dpkg
packages_of() {
  case "$1" in
    build) cat <<'LIST'
make tool:make
g++ tool:g++
cmake tool:cmake
ninja-build tool:ninja
ccache tool:ccache
pkg-config tool:pkg-config
python3 tool:python3
python3-pip pymodule:pip
python3-venv pymodule:ensurepip
nlohmann-json3-dev pc:nlohmann_json
libyaml-cpp-dev pc:yaml-cpp
libcli11-dev pc:CLI11
libfmt-dev pc:fmt
libspdlog-dev pc:spdlog
libicu-dev pc:icu-i18n
libcurl4-openssl-dev pc:libcurl
libssl-dev pc:libcrypto
zlib1g-dev pc:zlib
libjpeg-dev pc:libjpeg
libpng-dev pc:libpng
libwebp-dev pc:libwebpdemux
libpugixml-dev pc:pugixml
libgtest-dev pc:gtest
LIST
      ;;
    fashion) echo 'dataset-fashion-mnist dpkg' ;;
    fuzz) printf '%s\n' 'clang tool:clang++' 'libclang-rt-14-dev dpkg' ;;
    browser) echo 'chromium tool:chromium' ;;
    format) echo 'clang-format tool:clang-format' ;;
    tidy) echo 'clang-tidy tool:clang-tidy' ;;
    *) echo "setup: unknown group '$1'; expected build, fashion, fuzz, browser, format or tidy" >&2; return 2 ;;
  esac
}

is_there() {  # package probe
  case "$2" in
    tool:*) command -v "${2#tool:}" >/dev/null && return 0 ;;
    pymodule:*) python3 -c "import ${2#pymodule:}" 2>/dev/null && return 0 ;;
    pc:*) pkg-config --exists "${2#pc:}" 2>/dev/null && return 0 ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

optional=no
if [ "${1:-}" = --optional ]; then
  optional=yes
  shift
fi
[ $# -gt 0 ] || set -- build

missing=()
for group in "$@"; do
  list=$(packages_of "$group")
  while read -r package probe; do
    is_there "$package" "$probe" || missing+=("$package")
  done <<<"$list"
done
[ ${#missing[@]} -gt 0 ] || exit 0

give_up() {  # reason
  if [ $optional = yes ]; then
    echo "setup: going on without ${missing[*]} ($1)" >&2
    exit 0
  fi
  echo "setup: missing: ${missing[*]} ($1); ask for: apt-get install ${missing[*]}" >&2
  exit 1
}

command -v apt-get >/dev/null || give_up "no apt-get here; install what answers to these Debian packages"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || give_up "neither root nor sudo"
  if [ -t 0 ]; then as_root=(sudo); else as_root=(sudo -n); fi
  "${as_root[@]}" true 2>/dev/null || give_up "sudo refused"
fi
echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
    </dev/null >"$log" 2>&1
}
# Lists first only when they are absent or too old to serve.
install || { "${as_root[@]}" apt-get update </dev/null >>"$log" 2>&1 && install; } || {
  tail -n 15 "$log" >&2
  give_up "apt-get failed, its last lines are above"
}
