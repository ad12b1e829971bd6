#!/bin/sh
# Writes requirements.lock: exact versions with hashes for every supported Python; without index URLs.
set -eu
uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
"$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
    --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
