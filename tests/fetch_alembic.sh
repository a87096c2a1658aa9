#!/usr/bin/env bash
# Fetch the Alembic versions that tests/integrations runs on into .cache/alembic/VERSION, unless they
# are there: the package alone, for the environment has what it needs. 1.12 is there to be refused.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${1:-.venv/bin/python}

for version in 1.12 1.13 1.18 1.20; do
    target=.cache/alembic/$version
    [ -e "$target/alembic/__init__.py" ] && continue
    echo "fetch_alembic: fetching Alembic $version" >&2
    mkdir -p .cache/alembic
    fresh=$(mktemp -d ".cache/alembic/fetching.XXXXXX")
    trap 'rm -rf "$fresh"' EXIT
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$fresh" "alembic==$version.*" || {
        echo "fetch_alembic: Alembic $version cannot be fetched." >&2
        echo '  Its tests fail without it: see that pip reaches its index, and run them again.' >&2
        exit 3
    }
    chmod 755 "$fresh"
    rm -rf "$target"
    mv "$fresh" "$target"
done
