# shellcheck shell=bash
# Sourced by docker/up and tests/run, from any folder. docker/packages.txt is the list: one Debian package a line under
# `[section]` lines, `#` starts a comment.

package_list=$(dirname "${BASH_SOURCE[0]}")/packages.txt

# Prints the packages of the sections that are named.
packages_of() {
  awk -v wanted=" $* " '
    { sub(/#.*/, "") }
    /^\[.*\]/ { gsub(/[][ \t]/, ""); listed = index(wanted, " " $0 " ") > 0; next }
    NF { if (listed) print $1 }' "$package_list"
}

# Runs a command as root: directly, else through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages SECTION...: installs what is missing of those sections. Says nothing and needs no root when nothing is
# missing. Services that come with a package are neither started nor enabled: their ports stay free.
install_packages() {
  local listed missing=() name policy=/usr/sbin/policy-rc.d
  listed=$(packages_of "$@")
  if [ -z "$listed" ]; then
    echo "install_packages: no package in section: $*" >&2
    return 2
  fi
  for name in $listed; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) in
      ii*) ;;
      *)
        # A Node.js from elsewhere brings its own npm; Debian's would replace both.
        if [[ $name = @(nodejs|npm) ]] && command -v npm >/dev/null; then continue; fi
        missing+=("$name")
        ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "install_packages: run as root (there is no sudo) to install: ${missing[*]}" >&2
    return 1
  fi

  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  (
    if [ ! -e "$policy" ]; then
      trap 'as_root rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
      as_root chmod 755 "$policy"
    fi
    as_root apt-get -q update -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "${missing[@]}"
  ) </dev/null || {
    echo "install_packages: apt-get failed: ${missing[*]}" >&2
    return 1
  }
  disable_services "${missing[@]}"
}

# Keeps the services of packages installed here from starting at the next boot.
disable_services() {
  local unit
  command -v systemctl >/dev/null || return 0
  for unit in $(dpkg -L "$@" 2>/dev/null | sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^/@]*\.\(service\|timer\)\)$|\2|p'); do
    as_root systemctl --quiet disable "$unit" </dev/null >/dev/null 2>&1 || true
  done
}
