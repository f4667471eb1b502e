#!/usr/bin/env bash
# Puts the official JSON Schema test suite, as Debian packages it, where the tests of declarations look for it. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
target="$PWD/node_modules/.cache/json-schema-test-suite"
[ -d "$target/tests/draft2020-12" ] && exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq libtest-json-schema-acceptance-perl 2>/dev/null ||
  { apt-get update -qq && apt-get download -qq libtest-json-schema-acceptance-perl; }
dpkg -x ./*.deb package
mkdir -p "$target"
cp -r package/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance/tests "$target/"
