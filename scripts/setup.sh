#!/bin/sh
# Installs exactly the packages of requirements.lock into .venv, with compiled bytecode. Called by
# make when the lock or pyproject.toml is newer than .venv/.ready. Uses uv if available, else pip.
# Arguments: the stage and settings that will run, checked before anything is installed.
set -eu

fail() { printf 'unrolled: %s\n' "$1" >&2; exit 2; }

python=$(sh scripts/python.sh)
# Reports mistakes before spending minutes on an installation.
[ $# -eq 0 ] || "$python" -m pipelines.cli --check "$@"

echo "unrolled: setting up .venv (once, about a minute)" >&2
if command -v uv >/dev/null 2>&1; then
    uv=uv
    uv venv --quiet --allow-existing --python "$python" .venv
else
    "$python" -m venv .venv ||
        fail "this Python cannot create a virtual environment; install its venv package (Debian, Ubuntu: apt-get install python3-venv)"
    uv=.venv/bin/uv
    [ -x "$uv" ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv ||
        { echo "unrolled: uv is not available; using pip instead (slower)" >&2; uv=""; }
fi

if [ -n "$uv" ]; then
    "$uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
touch .venv/.ready
