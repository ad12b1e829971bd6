#!/bin/sh
# Prints a Python that can run Unrolled, or reports in one line which one is needed.
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
echo "unrolled: Python 3.11, 3.12 or 3.13 is required but was not found; install one, or set its path: make PYTHON=/path/to/python3.12 ..." >&2
exit 2
