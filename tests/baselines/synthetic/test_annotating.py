"""Made-up annotations lack what real ones lack."""

import numpy as np
import pytest

from abawkit.protocol import blocks, find_challenge
from baselines.synthetic.annotating import EDITION, annotate
from baselines.synthetic.scenes import labels_of


def test_labels_are_what_is_hidden_wherever_they_are_known(scenes):
    for scene in scenes:
        hidden = {
            "va": np.round(np.tanh(scene.affect), 3),
            "expr": scene.expression[:, None],
            "au": scene.units,
        }
        for task in set(scene.labels) - {"mtl"}:
            known = scene.labels[task].known
            assert (scene.labels[task].values[known] == hidden[task][known]).all()


@pytest.mark.parametrize("task", ["va", "expr", "au"])
def test_a_stretch_of_frames_lacks_all_labels_and_another_one_label(scenes, task):
    for track in labels_of(scenes, task).values():
        length = track.n_frames // 30
        lacking = ~track.known
        assert length <= np.count_nonzero(lacking.all(axis=1)) <= 2 * length
        assert lacking.sum() <= length * (lacking.shape[1] + 1)
    singly = [t for t in labels_of(scenes, task).values() if (t.known.sum(axis=1) == 1).any()]
    assert task != "va" or len(singly) > len(scenes) / 2


def test_mtl_has_some_frames_and_half_of_its_rows_lack_a_target(scenes):
    targets = find_challenge("mtl", EDITION).targets
    tracks = labels_of(scenes, "mtl").values()
    listed = np.concatenate([track.listed for track in tracks])
    known = np.vstack([track.known for track in tracks])
    assert listed.mean() == pytest.approx(1 / 3.5, abs=0.01)
    assert not known[~listed].any()
    assert known[listed].any(axis=1).all()
    lacking = [~known[listed][:, columns].any(axis=1) for _, columns in blocks(targets)]
    assert np.mean(lacking, axis=1) == pytest.approx([1 / 6 + 1 / 30] * 3, abs=0.03)


def test_mtl_lists_no_row_without_any_label():
    zeros = {"expression": np.zeros(60, int), "units": np.zeros((60, 12), int)}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        track = annotate(rng, "video1", affect=np.zeros((60, 2)), **zeros)["mtl"]
        assert (track.listed == track.known.any(axis=1)).all()


def test_mtl_has_the_labels_of_the_other_tasks(scenes):
    scene = next(scene for scene in scenes if len(scene.labels) == 4)
    parts = [scene.labels[task].values for task in ("va", "expr", "au")]
    found, wanted = scene.labels["mtl"], np.hstack(parts)
    assert (found.values[found.known] == wanted[found.known]).all()
