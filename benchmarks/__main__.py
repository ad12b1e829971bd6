"""`make bench [BENCH=name]`: the measurements one after the other, each in a process of its own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.command import progress
from benchmarks.workers import ENVIRONMENT, PROJECT
from pipelines.runtime.errors import UserError, unknown

BENCHMARKS = {
    "recurrent_layers": "a layer beside keras.layers",
    "whole_models": "a whole model beside Keras's fit and PyTorch",
    "encoder_decoder": "an encoder-decoder with attention beside PyTorch",
    "tasks": "the tasks beside themselves on Keras's own recurrent layers",
    "buckets": "training on texts of many lengths",
    "lengths": "time and memory against the length",
    "decoding": "writing a sentence",
    "exports": "answers of an export",
    "memory": "the longest lag that each cell solves",
    "precision": "mixed_bfloat16 on this machine",
    "serving": "the local server",
}
VARIABLES = ("BENCH", "TORCH_PYTHON")
FEATURES = (
    *("avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8"),
    *("asimd", "sve", "bf16", "i8mm"),
)
"""What a processor may have that decides how fast products and loops are: of x86, of ARM."""


def parse(words: Sequence[str]) -> tuple[list[str], str]:
    """What is to be measured, and the Python that has PyTorch.

    Args:
        words: as Make writes them, `BENCH=lengths`.

    Raises:
        UserError: an unknown variable or measurement.
    """
    values = dict.fromkeys(VARIABLES, "")
    for word in words:
        name, _, value = word.partition("=")
        if name.upper() not in VARIABLES:
            raise unknown("variable", name, VARIABLES)
        values[name.upper()] = value
    wanted = values["BENCH"].split() or list(BENCHMARKS)
    for name in wanted:
        if name not in BENCHMARKS:
            raise unknown("benchmark", name, BENCHMARKS)
    return wanted, values["TORCH_PYTHON"]


def machine() -> str:
    """What the figures were measured on."""
    made = f"TensorFlow {version('tensorflow')}, Keras {version('keras')}"
    file = Path("/proc/cpuinfo")
    name, features = processor(file.read_text() if file.exists() else "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([made, f"{cores} cores ({name or platform.machine()})", *features])


def processor(cpuinfo: str) -> tuple[str, list[str]]:
    """The processor's name and those of its features that matter, from `/proc/cpuinfo`."""
    fields: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    return fields.get("model name", ""), [name for name in FEATURES if name in flags]


def main() -> int:
    """Measures; returns the exit code."""
    try:
        wanted, torch = parse(sys.argv[1:])
    except UserError as error:
        print(f"unrolled: {error}", file=sys.stderr)
        return 2
    environment = ENVIRONMENT | os.environ | ({"TORCH_PYTHON": torch} if torch else {})
    print("Medians, with the quartiles in brackets.")
    failed = []
    for name in wanted:
        print(f"\n## {name}: {BENCHMARKS[name]}\n{machine()}\n", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        if subprocess.run(command, cwd=PROJECT, env=environment).returncode:
            failed.append(name)
        progress(f"{name} took {time.monotonic() - started:.0f} s")
    if failed:
        progress(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
