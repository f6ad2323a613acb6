"""Whether ``abawkit predict --task expr`` sees what the network sees: prints two accuracies.

    python benchmarks/ferplus.py valid.npz [model.onnx]

FER+ images are laid out as the crops of videos, predicted by the command without smoothing, and
read back. On the images of the seven basic classes, the accuracy of the submission is set beside
that of the network itself on the arrays.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

from abawkit import find_challenge, read_labels
from baselines.model import DEFAULT_MODEL, Backbone
from baselines.training.backbone import measure
from baselines.training.ferplus import read_ferplus

FRAMES = 100


def main() -> None:
    """Measure and print."""
    bundled = str(files("baselines") / "assets" / f"{DEFAULT_MODEL}.onnx")
    faces, model = read_ferplus(Path(sys.argv[1])), (*sys.argv[2:], bundled)[0]
    backbone = Backbone.load(Path(model))
    accuracy, recalls = measure(lambda batch: backbone(batch)[1], faces)
    print(f"the network: accuracy {accuracy:.4f} over eight classes, by class:")
    print("  " + ", ".join(f"{name} {value:.3f}" for name, value in recalls.items()))
    counts = dict(zip(faces.classes, np.bincount(faces.labels, minlength=8), strict=True))
    basic = [name for name in faces.classes if name != "Contempt"]
    n_basic = sum(counts[name] for name in basic)
    by_network = sum(recalls[name] * counts[name] for name in basic) / n_basic

    challenge = find_challenge("abaw3-expr")
    with tempfile.TemporaryDirectory() as name:
        data, out = Path(name) / "data", Path(name) / "preds"
        for index, image in enumerate(faces.images):
            video = data / str(index // FRAMES + 1)
            video.mkdir(parents=True, exist_ok=True)
            crop = Image.fromarray(image).resize((112, 112), Image.Resampling.BILINEAR)
            crop.save(video / f"{index % FRAMES + 1:05d}.jpg", quality=95)
        abawkit = str(Path(sys.executable).with_name("abawkit"))
        command = [abawkit, "predict", "--task", "expr", "--data", str(data), "--smooth", "none"]
        subprocess.run([*command, "--model", model, "--out", str(out)], check=True)
        tracks = read_labels(out, challenge)
    guesses = [
        challenge.targets[0].names[int(tracks[str(index // FRAMES + 1)].values[index % FRAMES, 0])]
        for index in range(len(faces.images))
    ]
    truth = [faces.classes[label] for label in faces.labels]
    hits = [guess == name for guess, name in zip(guesses, truth, strict=True) if name in basic]
    print(f"on the {n_basic} images of the seven basic classes:")
    print(f"  the network {by_network:.4f}, abawkit predict --task expr {np.mean(hits):.4f}")


if __name__ == "__main__":
    main()
