#!/usr/bin/env bash
# Installs the programs of Debian that the campaign of a fleet needs, where they are missing: namespaces, filters and a clock that jumps.
set -euo pipefail
if [ -x /usr/sbin/nft ] && [ -x /usr/sbin/ip ] && compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then exit 0; fi
[ "$(id -u)" = 0 ] || { echo "The administrator must run apt-get install iproute2 nftables libfaketime" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends iproute2 nftables libfaketime >/dev/null
