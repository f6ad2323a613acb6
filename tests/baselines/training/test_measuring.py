"""Accuracy and recalls are counted on what the predictor would see."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from baselines.training.measuring import measure, prepared
from tests.baselines.training.recipes import SMALL
from tests.baselines.training.tiny import faces


def test_images_are_prepared_as_the_predictor_does():
    images = faces(130).images
    pixels = np.stack([SMALL.pixels(Image.fromarray(image)) for image in images.pixels])
    batches = list(prepared(images, SMALL))
    assert [len(batch) for batch in batches] == [64, 64, 2]
    np.testing.assert_array_equal(np.concatenate(batches), SMALL.normalise(pixels))


def test_some_of_the_images_are_prepared_in_the_order_asked_for():
    images = faces(5).images
    (some,) = prepared(images, SMALL, np.array([4, 0]))
    (whole,) = prepared(images, SMALL)
    np.testing.assert_array_equal(some, whole[[4, 0]])


@pytest.mark.parametrize("soft", [True, False])
def test_accuracy_and_recall_are_counted_image_by_image(soft):
    labels = np.array([0, 0, 0, 0, 1] * 26)
    data = replace(faces(130), targets=np.eye(3, dtype=np.float32)[labels] if soft else labels)
    scores = measure(lambda batch: np.tile([[1.0, 0.0, 0.0]], (len(batch), 1)), data, SMALL)
    assert scores == (pytest.approx(0.8), {"a": 1.0, "b": 0.0})
