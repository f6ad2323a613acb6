"""How large and how fast each network is: a table, with times as ratios to the bundled model.

    python benchmarks/networks.py [NETWORK ...]

Every network is built with random weights, exported, and run by ONNX Runtime on one core, in
batches as prediction has them. Rounds go through all networks, and the median of a network's
ratios to the bundled model within a round is printed, so that a busy machine slows all alike.
"""

from __future__ import annotations

import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path
from statistics import median

import numpy as np
import torch

from baselines.card import EMOTIONS_8, Card
from baselines.checkpoints.export import export_onnx
from baselines.features import BATCH_SIZE
from baselines.model import DEFAULT_MODEL, Backbone
from baselines.networks.build import build_network
from baselines.networks.table import NETWORKS

ROUNDS = 5
LEAST = 0.5  # seconds of one measurement


def export(name: str, folder: Path) -> Path:
    # Writes a network with random weights.
    network, path = NETWORKS[name], folder / f"{name}.onnx"
    torch.manual_seed(0)
    module = build_network(network, len(EMOTIONS_8)).eval()
    card = Card(
        name=name,
        outputs=EMOTIONS_8,
        scores=network.scores,
        preprocessing=network.preprocessing,
    )
    export_onnx(module, path, card=card)
    return path


def milliseconds(backbone: Backbone) -> float:
    # Of one frame.
    size = backbone.card.preprocessing.size
    batch = np.random.default_rng(0).random((BATCH_SIZE, 3, size, size), dtype=np.float32)
    backbone(batch)
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < LEAST:
        backbone(batch)
        calls += 1
    return 1e3 * (time.perf_counter() - began) / calls / BATCH_SIZE


def main() -> None:
    """Measure and print."""
    # Networks that differ in what is done to images are as fast as each other.
    names = sys.argv[1:] or [name for name in NETWORKS if not name.endswith("_bgr")]
    with as_file(files("baselines") / "assets") as assets, tempfile.TemporaryDirectory() as name:
        paths = {"bundled": assets / f"{DEFAULT_MODEL}.onnx"}
        paths |= {network: export(network, Path(name)) for network in names}
        backbones = {network: Backbone.load(path) for network, path in paths.items()}
        rounds = [{n: milliseconds(b) for n, b in backbones.items()} for _ in range(ROUNDS)]
        print(f"{'network':<20} {'input':>5} {'MB':>6} {'ms/frame':>9} ratio")
        for network, path in paths.items():
            ms = median(times[network] for times in rounds)
            ratio = median(times[network] / times["bundled"] for times in rounds)
            size = backbones[network].card.preprocessing.size
            megabytes = path.stat().st_size / 1e6
            print(f"{network:<20} {size:>5} {megabytes:>6.1f} {ms:>9.2f} {ratio:>5.1f}")


if __name__ == "__main__":
    main()
