"""How fast and how big prediction is: prints two ratios.

Speed: frames/s of ``abawkit predict`` in steady state (the time of a long run less that of a
short one) over that of the bare ONNX session on batches that are ready in memory, once as ONNX
Runtime opens it by default (one call at a time, on all cores), once as abawkit does (a call a
core, side by side). Memory: the peak of a run over 20,000 frames over that of a run over 2,000,
each in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from baselines.features import BATCH_SIZE
from baselines.model import DEFAULT_MODEL

SHORT, LONG, VIDEOS = 2_000, 20_000, 10


def write_frames(folder: Path, n_frames: int) -> None:
    """Write face crops of 112 x 112 pixels, all a little different, as the organisers do."""
    with as_file(files("abawkit") / "assets" / "astronaut.jpg") as path:
        face = Image.open(path).convert("RGB").resize((128, 128))
    rng = np.random.default_rng(0)
    for video in range(VIDEOS):
        target = folder / "cropped_aligned" / str(video + 1)
        target.mkdir(parents=True)
        for frame in range(1, n_frames // VIDEOS + 1):
            left, top = rng.integers(0, 17, 2)
            crop = face.crop((left, top, left + 112, top + 112))
            crop.save(target / f"{frame:05d}.jpg", quality=90)


def predict(folder: Path) -> tuple[float, int]:
    # In a process of its own; gives its seconds and its peak memory in bytes.
    abawkit = str(Path(sys.executable).with_name("abawkit"))
    command = [abawkit, "predict", "--task", "va", "--data", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--out", str(folder / "preds")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"abawkit predict failed: {status}")
    return time.perf_counter() - began, usage.ru_maxrss * 1024


def bare_speed(n_frames: int, *, side_by_side: bool) -> float:
    # The frames/s of the session alone.
    cores = len(os.sched_getaffinity(0)) if side_by_side else 1
    options = onnxruntime.SessionOptions()
    if side_by_side:
        options.intra_op_num_threads = 1
    with as_file(files("baselines") / "assets" / f"{DEFAULT_MODEL}.onnx") as path:
        session = onnxruntime.InferenceSession(path, options)
    size = session.get_inputs()[0].shape[-1]
    batch = np.random.default_rng(0).random((BATCH_SIZE, 3, size, size), dtype=np.float32)
    session.run(None, {"input": batch})
    calls = n_frames // BATCH_SIZE
    with ThreadPoolExecutor(cores) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: session.run(None, {"input": batch}), range(calls)))
        return calls * BATCH_SIZE / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        short, long = Path(name) / "short", Path(name) / "long"
        write_frames(short, SHORT)
        write_frames(long, LONG)
        before = [bare_speed(LONG // 4, side_by_side=side) for side in (False, True)]
        (short_s, short_bytes), (long_s, long_bytes) = predict(short), predict(long)
        after = [bare_speed(LONG // 4, side_by_side=side) for side in (False, True)]
    speed = (LONG - SHORT) / (long_s - short_s)
    one, side = (sum(pair) / 2 for pair in zip(before, after, strict=True))
    print(f"abawkit predict: {speed:.0f} frames/s")
    print(f"the bare session: {one:.0f} frames/s as opened by default, {side:.0f} side by side")
    print(f"speed ratio: {speed / one:.2f} and {speed / side:.2f}")
    print(
        f"peak memory: {SHORT} frames {short_bytes / 1e6:.0f} MB, {LONG} {long_bytes / 1e6:.0f} MB"
    )
    print(f"memory ratio: {long_bytes / short_bytes:.2f}")


if __name__ == "__main__":
    main()
