"""The published files themselves, where they have been pulled; skipped where not.

``abawkit models pull NAME`` fetches them, and the photo of upstream's tests, which has three
faces; the labels are those that upstream's tests expect of its torch engine, which resizes images
as abawkit does.
"""

import numpy as np
import pytest
from PIL import Image

from baselines.checkpoints.catalogue import CHECKPOINTS
from baselines.checkpoints.store import file_path, git_blob_id
from baselines.model import Backbone

pytest.importorskip("torch")
pytest.importorskip("onnx")

from baselines.checkpoints.importing import import_model

NETWORKS = [row for row in CHECKPOINTS.values() if row.network]
PHOTO = CHECKPOINTS["20180720_174416.jpg"]
# Of the three faces, in the order in which upstream's detector gives them.
LABELS = {
    "enet_b0_8_best_vgaf": ("Happiness", "Anger", "Fear"),
    "enet_b0_8_best_afew": ("Happiness", "Anger", "Fear"),
    "enet_b0_8_va_mtl": ("Happiness", "Anger", "Happiness"),
    "enet_b2_7": ("Happiness", "Anger", "Fear"),
    "enet_b2_8": ("Happiness", "Anger", "Fear"),
    "mbf_va_mtl": ("Contempt", "Anger", "Fear"),
    "mobilevit_va_mtl": ("Contempt", "Anger", "Fear"),
}


def pulled(row):
    """Give a published file, or skip."""
    path = file_path(row)
    if not path.is_file():
        pytest.skip(f"{row.file} was not pulled")
    assert git_blob_id(path) == row.blob
    return path


@pytest.mark.parametrize("row", NETWORKS, ids=lambda row: row.file)
def test_a_published_file_is_what_the_catalogue_says(row, tmp_path):
    card = import_model(pulled(row), out=tmp_path / "out.onnx").card
    assert (card.network, card.outputs, card.scores) == (row.network, row.outputs, row.scores)
    backbone = Backbone.load(tmp_path / "out.onnx")
    size = card.preprocessing.size
    embedding, scores = backbone(np.zeros((2, 3, size, size), np.float32))
    assert np.isfinite(embedding).all()
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", LABELS)
def test_both_files_of_a_model_say_the_same(name, tmp_path):
    images = np.random.default_rng(0).normal(size=(2, 3, 260, 260)).astype(np.float32)
    results = []
    for ending in ("pt", "onnx"):
        source = pulled(CHECKPOINTS[f"{name}.{ending}"])
        card = import_model(source, out=tmp_path / f"{ending}.onnx").card
        size = card.preprocessing.size
        results.append(Backbone.load(tmp_path / f"{ending}.onnx")(images[:, :, :size, :size]))
    for torchs, onnxs in zip(*results, strict=True):
        np.testing.assert_allclose(torchs, onnxs, rtol=1e-3, atol=1e-3)


@pytest.fixture(scope="module")
def faces():
    """Cut the faces out of the photo as upstream's tests do."""
    photo = Image.open(pulled(PHOTO)).convert("RGB")
    detector = pytest.importorskip("facenet_pytorch", exc_type=ImportError).MTCNN(
        keep_all=False, post_process=False, min_face_size=40
    )
    boxes, probabilities = detector.detect(photo, landmarks=False)
    return [photo.crop(tuple(map(int, box))) for box in boxes[probabilities > 0.9]]


@pytest.mark.parametrize("file", [row.file for row in NETWORKS if row.name in LABELS])
def test_faces_have_the_labels_that_upstream_expects(file, faces, tmp_path):
    row = CHECKPOINTS[file]
    card = import_model(pulled(row), out=tmp_path / "out.onnx").card
    images = card.preprocessing.normalise(
        np.stack([card.preprocessing.pixels(face) for face in faces])
    )
    scores = card.probabilities(Backbone.load(tmp_path / "out.onnx")(images)[1])
    found = tuple(card.classes[row.argmax()] for row in scores[:, : len(card.classes)])
    assert found == LABELS[row.name]
