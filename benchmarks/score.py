"""How long scoring takes, against a script of pandas and scikit-learn: prints the ratio.

Both are whole processes on the same 71 videos and 345,000 frames of valence and arousal, run in
turn, several times; the shortest time of each counts. Both must print the same score.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

VIDEOS, FRAMES, REPEATS = 71, 345_000, 5

# What entrants write: read each file, drop what is not annotated, pool, two CCCs.
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
import pandas as pd
from sklearn.metrics import mean_squared_error

def ccc(x, y):
    # Lin's formula, with 2 cov = var x + var y + (mean x - mean y)^2 - MSE
    spread = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    return 1 - mean_squared_error(x, y) / spread

preds, gt = map(Path, sys.argv[1:])
parts = []
for file in sorted(gt.glob("*.txt")):
    truth, guess = pd.read_csv(file), pd.read_csv(preds / file.name)
    part = pd.concat([truth, guess.add_prefix("p_")], axis=1)
    parts.append(part[(part.valence > -5) & (part.arousal > -5)])
table = pd.concat(parts)
values = {name: column.to_numpy() for name, column in table.items()}
scores = [ccc(values[name], values["p_" + name]) for name in ("valence", "arousal")]
print(f"{np.mean(scores):.10f}")
"""


def write_set(folder: Path) -> tuple[Path, Path]:
    # Predictions and annotations of made-up traces; 1 in 58 frames is not annotated.
    rng = np.random.default_rng(0)
    gt, preds = folder / "gt", folder / "preds"
    gt.mkdir()
    preds.mkdir()
    for video, n_frames in enumerate(rng.multinomial(FRAMES, np.full(VIDEOS, 1 / VIDEOS))):
        steps = rng.normal(0, 0.02, (n_frames, 2)).cumsum(axis=0)
        truth = np.round(np.tanh(steps), 3)
        guess = np.clip(truth + rng.normal(0, 0.2, truth.shape), -1, 1)
        truth[rng.random(n_frames) < 1 / 58] = -5
        header = "valence,arousal"
        np.savetxt(gt / f"{video}.txt", truth, "%g", ",", header=header, comments="")
        np.savetxt(preds / f"{video}.txt", guess, "%.6f", ",", header=header, comments="")
    return preds, gt


def timed(command: list[str]) -> tuple[float, str]:
    # The wall time of a command and what it printed.
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - began, done.stdout.strip()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        preds, gt = write_set(Path(folder))
        abawkit = str(Path(sys.executable).with_name("abawkit"))
        ours = [abawkit, "score", str(preds), str(gt), "-b", "-w", "10"]
        theirs = [sys.executable, "-c", SCRIPT, str(preds), str(gt)]
        runs = [(timed(ours), timed(theirs)) for _ in range(REPEATS)]
    (_, score), (_, reference) = runs[0]
    if score != reference:
        sys.exit(f"the scores differ: {score} and {reference}")
    ours_s, theirs_s = (min(run[side][0] for run in runs) for side in (0, 1))
    print(f"abawkit score: {ours_s:.2f} s, pandas and scikit-learn: {theirs_s:.2f} s")
    print(f"ratio: {ours_s / theirs_s:.2f} (both give {score})")


if __name__ == "__main__":
    main()
