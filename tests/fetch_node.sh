#!/usr/bin/env bash
# Fetch the package `pg` of Node into .cache/node, unless it is there. tests/integrations/test_clients.py
# runs a script with it; without node or npm that test is skipped, and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=.cache/node

[ -f "$target/node_modules/pg/package.json" ] && exit 0

missing() {
    echo "fetch_node: $1; the test of a Node client WILL BE SKIPPED." >&2
    echo '  Install node and npm (on Debian: apt-get install nodejs npm), and run it again.' >&2
    exit 3
}

command -v node >/dev/null || missing 'there is no node here'
command -v npm >/dev/null || missing 'there is no npm here'
mkdir -p .cache
fresh=$(mktemp -d .cache/fetching_node.XXXXXX)
trap 'rm -rf "$fresh"' EXIT

echo 'fetch_node: fetching pg' >&2
npm install --prefix "$fresh" --no-audit --no-fund --ignore-scripts --silent 'pg@^8.11' ||
    missing 'pg cannot be fetched'
[ -f "$fresh/node_modules/pg/package.json" ] || missing 'what came is not pg'
chmod -R a+rX "$fresh"
rm -rf "$target"
mv "$fresh" "$target"
