"""How large a page of `abawkit report` is and how it opens, at the size of a validation set.

For each task, two runs of the same 71 videos of 345,000 frames with their raw outputs: the size of
the page, of which 15 MB are allowed, how long it takes to make, over the time that scoring the two
runs takes; and, where there is a Chromium, how long the page takes to open and how long its
longest task is while it is scrolled from top to bottom.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from abawkit import CHALLENGES, Track
from abawkit.evaluation import score_files
from abawkit.labels import write_labels
from abawkit.protocol import Categorical, Continuous
from submissions.decide import Processing, process
from submissions.reporting.reporting import write_report
from submissions.run import RawVideo, raw_path, write_manifest

VIDEOS, FRAMES, LIMIT, SCREEN = 71, 345_000, 15.0, 800
TASKS = ("abaw3-va", "abaw3-expr", "abaw3-au", "abaw4-mtl")
LISTEN = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({type: "longtask", buffered: false});
"""


def waves(n_frames: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    # Smooth noise of spread 1, with a level of its own in each video.
    steps = rng.normal(size=(n_frames + 150, columns)).cumsum(axis=0)
    return (steps[150:] - steps[:-150]) / 150**0.5 + rng.normal(0, 0.8, columns)


def outputs_of(target: object, state: np.ndarray) -> np.ndarray:
    if isinstance(target, Continuous):
        return np.tanh(state / 2)
    if isinstance(target, Categorical):
        power = np.exp(2 * state)
        return power / power.sum(axis=1, keepdims=True)
    return 1 / (1 + np.exp(-2 * state))


def write_set(folder: Path, name: str) -> tuple[list[Path], Path]:
    # Annotations, and two runs that follow them more or less well.
    challenge, rng = CHALLENGES[name], np.random.default_rng(0)
    processing, truth = Processing.parse(challenge), {}
    runs: dict[str, dict[str, RawVideo]] = {"first": {}, "second": {}}
    for index, n_frames in enumerate(rng.multinomial(FRAMES, np.full(VIDEOS, 1 / VIDEOS))):
        video, n = f"{index}", int(n_frames)
        states = [waves(n, len(target.names), rng) for target in challenge.targets]
        pairs = list(zip(challenge.targets, states, strict=True))
        told = np.hstack([outputs_of(*pair) for pair in pairs])
        truth[video] = process(challenge, Track.of(video, told), Processing.parse(challenge))
        face = rng.random(n) > 0.05  # noqa: PLR2004 - one frame in twenty has none
        for share, run in zip((0.7, 0.5), runs.values(), strict=True):
            mixed = [
                (target, share * state + (1 - share) * waves(n, state.shape[1], rng))
                for target, state in pairs
            ]
            said = np.hstack([outputs_of(*pair) for pair in mixed])[face]
            run[video] = RawVideo(
                video=video,
                frames=np.flatnonzero(face).astype(np.int32) + 1,
                outputs=said.astype(np.float32),
                n_frames=n,
                broken=np.zeros(0, np.int32),
                listed=None,
                source="made up",
            )
    gt, protocol = folder / "gt", challenge.protocol
    write_labels(gt, truth, targets=challenge.targets, layout=protocol.annotation)
    for run, videos in runs.items():
        for video, raw in videos.items():
            raw.save(raw_path(folder / run, video))
        labels = {v: process(challenge, raw.track, processing) for v, raw in videos.items()}
        write_labels(folder / run, labels, targets=challenge.targets, layout=protocol.submission)
        write_manifest(
            folder / run,
            {
                "abawkit": "0",
                "challenge": name,
                "model": {"model": run},
                "labels": processing.describe(),
                "planned": list(videos),
                "videos": [],
            },
        )
    return [folder / run for run in runs], gt


def opened(page: Path) -> str:
    # What a browser needs, or why none was asked.
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        return "no Chromium to open it with"
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - needed here alone

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = chromium.new_page(viewport={"width": 1280, "height": SCREEN})
        start = time.perf_counter()
        tab.goto(page.resolve().as_uri())
        ready = time.perf_counter() - start
        tab.evaluate(LISTEN)
        height = tab.evaluate("document.documentElement.scrollHeight")
        for top in range(0, height, SCREEN // 2):
            tab.evaluate(f"window.scrollTo({{top: {top}, behavior: 'instant'}})")
            tab.wait_for_timeout(200)
        longest = tab.evaluate("window.longest")
        chromium.close()
    return f"opens in {ready:.1f} s, longest task while scrolling {longest:.0f} ms"


def main() -> int:
    too_large = False
    for name in TASKS:
        with tempfile.TemporaryDirectory() as folder:
            runs, gt = write_set(Path(folder), name)
            start = time.perf_counter()
            for run in runs:
                score_files(run, gt, task=name)
            scored = time.perf_counter()
            out = Path(folder) / "page.html"
            write_report([*runs, gt], out, task=name)
            made = time.perf_counter()
            size = out.stat().st_size / 1e6
            too_large |= size > LIMIT
            print(
                f"{name}: {size:.1f} MB, made in {made - scored:.1f} s, "
                f"{(made - scored) / (scored - start):.1f} times as long as scoring; {opened(out)}"
            )
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
