#!/usr/bin/env bash
# Installs Debian's Chromium, which the tests of the trace viewer drive, where it is missing and where that can be done.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
[ "$(id -u)" = 0 ] || { echo "Chromium has to be installed by the administrator: apt-get install chromium" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
