#!/usr/bin/env bash
# Fetch pgbouncer into .cache/pgbouncer, unless it is there: from Debian's packages, unpacked and not
# installed. tests/db/test_actor_pooler.py runs it; without it those tests are skipped, and say so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=.cache/pgbouncer

[ -x "$target/pgbouncer" ] && exit 0
command -v pgbouncer >/dev/null && exit 0

missing() {
    echo "fetch_pgbouncer: $1; the tests behind a pooler WILL BE SKIPPED." >&2
    echo '  Install pgbouncer (on Debian: apt-get install pgbouncer), and run them again.' >&2
    exit 3
}

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || missing 'there is no apt-get here'
mkdir -p .cache
fresh=$(mktemp -d .cache/fetching_pgbouncer.XXXXXX)
trap 'rm -rf "$fresh"' EXIT

echo 'fetch_pgbouncer: fetching pgbouncer' >&2
# Its libraries too, where the system does not have them.
names=(pgbouncer)
for library in libevent-2.1 libcares; do
    ldconfig -p 2>/dev/null | grep -q "$library" && continue
    case $library in
        libevent-2.1) names+=("$(apt-cache pkgnames libevent-2.1-7 | head -n 1)") ;;
        libcares) names+=(libc-ares2) ;;
    esac
done
(cd "$fresh" && apt-get download -qq -o APT::Sandbox::User=root "${names[@]}" &&
    for package in ./*.deb; do dpkg-deb -x "$package" unpacked; done) ||
    missing 'its packages cannot be downloaded'

mkdir "$fresh/made"
cp "$fresh/unpacked/usr/sbin/pgbouncer" "$fresh/made/"
find "$fresh/unpacked" -name 'lib*.so*' -exec cp -L {} "$fresh/made/" \;
chmod -R a+rX "$fresh/made"
LD_LIBRARY_PATH="$fresh/made" "$fresh/made/pgbouncer" --version >&2 || missing 'what came does not run'
rm -rf "$target"
mv "$fresh/made" "$target"
