"""Whether a trained EXPR head beats the zero-shot one on the real network: prints macro F1.

    python benchmarks/ferplus_heads.py train.npz valid.npz [--seeds 3] [--epochs 10]

FER+ images are laid out as the crops of videos with EXPR annotations. Heads are trained on its
training part; of its validation part, which the network has not seen, one half chooses the epoch
and the other is scored. A frame is labelled with the expression that more than half of the taggers
gave, else with Other, which the zero-shot head can only guess at. The same is done to videos that
are filmed badly: small, dark and tilted, each in its own way. All of it goes through the commands.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from abawkit import Track, find_challenge
from abawkit.labels import write_labels

FRAMES = 100
CHALLENGE = find_challenge("abaw3-expr")


def labels_of(votes: np.ndarray, columns: list[str]) -> np.ndarray:
    """Give the class of each image, Other where no expression has most of the votes."""
    names = [name.lower() for name in CHALLENGE.targets[0].names[:-1]]
    # A single vote is an outlier, as FER+'s authors say.
    votes = np.where(votes > 1, votes, 0).astype(float)
    seven = votes[:, [columns.index(name) for name in names]]
    sure = seven.max(axis=1) > votes.sum(axis=1) / 2
    return np.where(sure, seven.argmax(axis=1), len(names))


def film(image: np.ndarray, size: int, light: float, tilt: float) -> Image.Image:
    """Give a crop of 112 x 112 as a worse camera would."""
    turned = Image.fromarray(image).rotate(tilt, Image.Resampling.BILINEAR)
    small = turned.resize((size, size), Image.Resampling.BILINEAR)
    crop = small.resize((112, 112), Image.Resampling.BILINEAR)
    return Image.fromarray((np.asarray(crop) * light).astype(np.uint8))


def lay_out(part: Path, data: Path, annotations: list[Path], *, badly: bool) -> None:
    """Write videos of 100 frames, and their annotations to each of some folders in turn."""
    with np.load(part) as arrays:
        images, votes = arrays["images"], arrays["votes"]
        columns = [str(name) for name in arrays["columns"]]
    labels = labels_of(votes, columns)
    faces = votes.argmax(axis=1) != columns.index("not_a_face")
    rng = np.random.default_rng(1)
    tracks: dict[Path, dict[str, Track]] = {folder: {} for folder in annotations}
    for index, start in enumerate(range(0, len(images), FRAMES)):
        folder = annotations[index % len(annotations)]
        video = f"{folder.name}{index}"
        camera = (48, 1.0, 0.0)
        if badly:
            camera = int(rng.integers(14, 30)), rng.uniform(0.35, 0.8), rng.uniform(-25, 25)
        (data / video).mkdir(parents=True)
        at = slice(start, start + FRAMES)
        for frame, (image, face) in enumerate(zip(images[at], faces[at], strict=True), 1):
            if face:
                film(image, *camera).save(data / video / f"{frame:05d}.jpg", quality=95)
        tracks[folder][video] = Track.of(video, labels[at, None], faces[at])
    layout = CHALLENGE.protocol.annotation
    for folder, those in tracks.items():
        write_labels(folder, those, targets=CHALLENGE.targets, layout=layout, sentinels=True)


def abawkit(*arguments: object) -> str:
    """Run a command and give what it prints."""
    command = [str(Path(sys.executable).with_name("abawkit")), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(root: Path, files: tuple[Path, Path], *, seeds: int, epochs: int, badly: bool) -> None:
    """Compare the heads on one set of videos, and print."""
    data, features, truth = root / "data", root / "features", root / "test"
    lay_out(files[0], data, [root / "train"], badly=badly)
    lay_out(files[1], data, [root / "valid", truth], badly=badly)
    abawkit("extract", "--data", data, "--out", features)

    def score(name: str, *head: object) -> float:
        out = root / "preds" / name
        options = ("--features", features, "--annotations", truth, "--smooth", "none")
        abawkit("predict", "--task", "expr", *options, *head, "--out", out)
        return float(json.loads(abawkit("score", out, truth, "--json"))["score"])

    zero_shot, trained = score("zero-shot"), []
    for seed in range(seeds):
        run = root / f"head{seed}"
        parts = ("--train", root / "train", "--valid", root / "valid")
        recipe = ("--seed", seed, "--epochs", epochs)
        abawkit("train", "--task", "expr", "--features", features, *parts, *recipe, "--out", run)
        trained.append(score(f"trained{seed}", "--head", run / "head.npz"))
    scores = ", ".join(f"{value:.4f}" for value in trained)
    print(f"  zero-shot {zero_shot:.4f}; trained {np.mean(trained):.4f} ({scores})")
    print(f"  gain {np.mean(trained) - zero_shot:+.4f}")


def main() -> None:
    """Measure on videos filmed well and badly."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("valid", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    for badly in (False, True):
        print(f"videos filmed {'badly' if badly else 'well'}: macro F1 of held-out frames")
        with tempfile.TemporaryDirectory() as name:
            files = options.train, options.valid
            measure(Path(name), files, seeds=options.seeds, epochs=options.epochs, badly=badly)


if __name__ == "__main__":
    main()
