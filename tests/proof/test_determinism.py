"""The same seed gives the same head, to the bit, and another one another."""

import pytest

pytest.importorskip("torch")


@pytest.mark.parametrize("task", ["va", "expr", "au", "mtl"])
def test_the_same_seed_gives_the_same_head(ground, tmp_path, task):
    for name in ("one", "two"):
        ground.learn(tmp_path / name, task, epochs=2, batch_size=256, seed=5)
    assert (tmp_path / "one/head.npz").read_bytes() == (tmp_path / "two/head.npz").read_bytes()


def test_another_seed_gives_another_head_that_is_as_good(ground):
    assert ground.head("expr").digest != ground.head("expr", seed=1).digest
    assert ground.score("expr", seed=1) == pytest.approx(ground.score("expr"), abs=0.03)
