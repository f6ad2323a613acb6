"""How long reading and checking a million rows takes: prints seconds and ratios.

Files as the later editions ask for them, with a key a row: valence and arousal, expressions and
action units. Reading is `abawkit.read_labels` and, on the same file, ``numpy.loadtxt`` and
``pandas.read_csv``, which find no fault and know no video; checking is the whole process
``abawkit validate FILE --like SAMPLE``, also of files whose values are written otherwise, such as
by Python's ``str``, and against another submission. The shortest of several times of each counts:
wall time of reading, user time of checking.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abawkit import read_labels
from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous, find_challenge
from abawkit.track import Track

if TYPE_CHECKING:
    from collections.abc import Callable

    from abawkit.protocol import Challenge

ROWS, VIDEOS, REPEATS = 1_000_000, 200, 3
CHALLENGES = ("abaw10-va", "abaw10-expr", "abaw10-au")
WRITINGS: dict[str, dict[str, Callable[[float], str]]] = {
    "abaw10-va": {
        # As long as most floats are; one in ten thousand comes out as 5e-05 or the like.
        "str(float)": lambda value: str(value * (1 - 1e-9)),
        "exponents": "{:.6e}".format,
    },
    "abaw10-au": {"1.0": str},
}


def write_file(folder: Path, challenge: Challenge) -> Path:
    # Made-up predictions; they serve as the official sample as well.
    rng = np.random.default_rng(0)
    parts = []
    for target in challenge.targets:
        if isinstance(target, Continuous):
            parts.append(rng.uniform(target.low, target.high, (ROWS, target.columns)))
        else:
            top = len(target.names) if isinstance(target, Categorical) else 2
            parts.append(rng.integers(top, size=(ROWS, target.columns)).astype(float))
    values = np.hstack(parts)
    tracks = {
        f"video{number}_left": Track.of(f"video{number}_left", part)
        for number, part in enumerate(np.split(values, VIDEOS))
    }
    protocol = challenge.protocol
    (path,) = write_labels(folder, tracks, targets=protocol.targets, layout=protocol.submission)
    return path


def rewrite(path: Path, spell: Callable[[float], str]) -> Path:
    # The same rows with their values written otherwise.
    out = path.with_name("rewritten.txt")
    with path.open() as rows, out.open("w") as file:
        file.write(next(rows))
        for row in rows:
            key, *values = row.split(",")
            file.write(",".join([key, *(spell(float(value)) for value in values)]) + "\n")
    return out


def timed(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    # The shortest time of several calls.
    times = []
    for _ in range(REPEATS):
        began = clock()
        call()
        times.append(clock() - began)
    return min(times)


def children_time() -> float:
    # User time of the processes that have ended.
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def loadtxt(path: Path, columns: int) -> object:
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, columns + 1))


def validate(path: Path, challenge: Challenge, like: Path, *options: str) -> None:
    command = [str(Path(sys.executable).with_name("abawkit")), "validate", str(path)]
    options = ("--task", challenge.name, "--like", str(like), *options)
    done = subprocess.run([*command, *options], check=False, capture_output=True)
    # Labels written as 1.0 are told as errors, which takes time, too.
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr.decode())


def checking(path: Path, challenge: Challenge, like: Path, *options: str) -> float:
    return timed(partial(validate, path, challenge, like, *options), children_time)


def main() -> None:
    """Measure and print."""
    for name in CHALLENGES:
        challenge = find_challenge(name)
        with tempfile.TemporaryDirectory() as folder:
            path = write_file(Path(folder), challenge)
            ours = timed(partial(read_labels, path, challenge))
            numpys = timed(partial(loadtxt, path, challenge.protocol.columns))
            frames = timed(partial(pd.read_csv, path, header=None, skiprows=1))
            print(
                f"{name}: read_labels {ours:.2f} s, numpy.loadtxt {numpys:.2f} s (ratio "
                f"{ours / numpys:.2f}), pandas.read_csv {frames:.2f} s (ratio {ours / frames:.2f})"
            )
            whole = checking(path, challenge, path)
            against = checking(path, challenge, path, "--against", str(path))
            print(f"  abawkit validate --like {whole:.2f} s, and --against {against:.2f} s")
            for writing, spell in WRITINGS.get(name, {}).items():
                whole = checking(rewrite(path, spell), challenge, path)
                print(f"  abawkit validate --like, values as {writing}: {whole:.2f} s")


if __name__ == "__main__":
    main()
