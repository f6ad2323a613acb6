"""A format is measured against its source, on the same images, in the same run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx")

from abawkit.errors import ModelError  # noqa: E402
from baselines.checkpoints.comparison import (  # noqa: E402
    Agreement,
    agreement,
    compare,
    comparison_table,
)
from baselines.checkpoints.merging import merge_head  # noqa: E402
from baselines.checkpoints.onnxfile import read_network, with_card  # noqa: E402
from baselines.heads import Head, Layer  # noqa: E402
from tests.baselines.checkpoints.handmade import WIDTH, card, images, run, save_network  # noqa: E402

MIXED = ("valence", "a", "AU1", "b", "arousal", "AU12", "c")


def columns(*rows):
    return np.array(rows, np.float32)


def test_columns_are_compared_by_what_they_are():
    expected = columns([0.0, 3, 0.4, 1, 0.5, 0.6, 2], [0.1, 1, 0.9, 9, 0.5, 0.2, 2])
    found = columns([0.2, 3, 0.6, 1, 0.5, 0.6, 2.5], [0.1, 1, 0.8, 1.5, 0.4, 0.1, 2])
    result = agreement(expected, found, MIXED)
    assert result.difference == pytest.approx(7.5)
    assert result.largest == 9
    assert result.va == pytest.approx(0.2)
    assert (result.classes, result.units) == (0.5, 0.75)


def test_units_are_compared_at_their_thresholds():
    expected, found = columns([0.2, 0.2], [0.8, 0.8]), columns([0.4, 0.4], [0.6, 0.6])
    names = ("AU1", "AU2")
    assert agreement(expected, found, names).units == 1
    assert agreement(expected, found, names, thresholds=(0.3, 0.7)).units == 0.5
    assert agreement(expected, found, names, thresholds=(0.4, 0.9)).units == 0.75


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("a", "b"), ("classes",)),
        (("valence", "arousal"), ("va",)),
        (("AU1", "AU2"), ("units",)),
        (("AU1", "AUDIO"), ("classes", "units")),
        ((), ()),
    ],
)
def test_what_there_are_no_columns_of_is_none(names, kinds):
    values = np.ones((3, len(names)), np.float32)
    expected = {"classes": None, "va": None, "units": None}
    for kind in kinds:
        expected[kind] = 0.0 if kind == "va" else 1.0
    largest = 1.0 if names else 0.0
    expected = Agreement(difference=0.0, largest=largest, **expected)
    assert agreement(values, values, names) == expected


@pytest.fixture
def source(tmp_path):
    """Write a network."""
    return save_network(tmp_path / "tiny.onnx")


def altered(source, name, change):
    """Give the file with one of its weights changed."""
    model, own = read_network(source)
    (tensor,) = (t for t in model.graph.initializer if t.name == name)
    values = change(onnx.numpy_helper.to_array(tensor).copy())
    tensor.raw_data = values.astype(np.float32).tobytes()
    return with_card(model, own).SerializeToString()


def measure(source, made, *, own=None, head=None, batches=None):
    targets = {name: Path(f"{name}.onnx") for name in made}
    return compare(
        source, made, targets=targets, card=own or card(), head=head,
        batches=batches or [images(16), images(5, 1)], on="frames",
    )  # fmt: skip


def add_to_the_first(bias):
    bias[0] += 0.25
    return bias


def test_the_same_file_differs_by_nothing(source):
    (found,) = measure(source, {"float32": source.read_bytes()})
    assert (found.format, found.path, found.on) == ("float32", Path("float32.onnx"), "frames")
    assert (found.n_frames, found.embedding, found.outputs) == (21, 0, None)
    given = run(source.read_bytes(), np.concatenate([images(16), images(5, 1)]))
    largest = pytest.approx(np.abs(given["scores"]).max(), rel=1e-5)
    same = Agreement(difference=0, largest=found.scores.largest, classes=1, va=None, units=None)
    assert found.scores == same
    assert found.scores.largest == largest
    assert found.source_embedding == pytest.approx(np.abs(given["embedding"]).max(), rel=1e-5)
    assert found.n_bytes == found.source_bytes == source.stat().st_size


def test_differences_are_the_largest_over_all_batches(source):
    data = altered(source, "bias", add_to_the_first)
    (found,) = measure(source, {"other": data})
    assert found.embedding == 0
    assert found.scores.difference == pytest.approx(0.25, abs=1e-5)
    whole = np.concatenate([images(16), images(5, 1)])
    scores = run(source.read_bytes(), whole)["scores"]
    moved = scores + columns([0.25, 0, 0])
    assert found.scores.classes == np.mean(scores.argmax(axis=1) == moved.argmax(axis=1))


def test_an_embedding_that_differs_is_told(source):
    data = altered(source, "b2", lambda bias: bias + 9)
    (found,) = measure(source, {"other": data})
    expected = run(source.read_bytes(), images(16))["embedding"]
    largest = np.abs(run(data, images(16))["embedding"] - expected).max()
    assert found.embedding >= largest > 1


def test_times_are_those_of_each_file(source, monkeypatch):
    # Milliseconds of 16 images: 48 and 16 of the source, 32 and 0 of the file.
    steps = iter([0, 48e-3, 1, 1.032, 2, 2.016, 3, 3])
    monkeypatch.setattr("time.perf_counter", lambda: next(steps))
    data = source.read_bytes()
    (found,) = measure(source, {"a": data}, batches=[images(16), images(16)])
    assert found.source_ms == pytest.approx((3 + 1) / 2)
    assert found.ms == pytest.approx((2 + 0) / 2)


def test_the_first_batch_warms_up(source, monkeypatch):
    calls = []

    class Counting(onnxruntime.InferenceSession):
        def run(self, *given):
            calls.append(given)
            return super().run(*given)

    monkeypatch.setattr("onnxruntime.InferenceSession", Counting)
    measure(source, {"a": source.read_bytes()}, batches=[images(2), images(2)])
    assert len(calls) == 2 * (1 + 2)


def head(source, *names):
    n = {"embedding": WIDTH, "scores": 3}[source]
    weight = np.random.default_rng(0).normal(size=(n, len(names))).astype(np.float32)
    layer = Layer(weight=weight, bias=np.zeros(len(names), np.float32), activation="sigmoid")
    return Head(source=source, outputs=names, parts=((layer,),), thresholds=(0.4, 0.6))


def test_a_merged_head_is_compared_with_the_head_beside_the_source(source):
    one = head("scores", "AU1", "AU2")
    model, merged = merge_head(read_network(source)[0], one, card=card())
    same = with_card(model, merged).SerializeToString()
    (found,) = measure(source, {"same": same}, head=one)
    assert found.outputs.difference < 1e-6
    assert (found.n_bytes, found.source_bytes) == (len(same), source.stat().st_size)
    assert (found.outputs.units, found.outputs.classes) == (1, None)
    (found,) = measure(source, {"same": same}, head=replace(one, thresholds=(0.0, 1.0)))
    assert found.outputs.units == 1


def test_a_head_that_was_merged_before_is_compared_with_itself(source, tmp_path):
    model, merged = merge_head(read_network(source)[0], head("scores", "AU1", "AU2"), card=card())
    both = tmp_path / "both.onnx"
    both.write_bytes(with_card(model, merged).SerializeToString())
    data = altered(both, "bias", add_to_the_first)
    (found,) = measure(both, {"other": data}, own=merged)
    assert 0 < found.outputs.difference < 0.25


def test_what_is_no_number_is_refused(source):
    broken = altered(source, "b1", lambda bias: bias * np.inf)
    with pytest.raises(ModelError, match="float16: 21 of 21 frames give what is no number"):
        measure(source, {"float16": broken})


@pytest.mark.parametrize("data", [b"", b"no network"])
def test_a_file_that_does_not_run_is_refused(source, data):
    with pytest.raises(ModelError, match="int8: ONNX Runtime cannot run it"):
        measure(source, {"int8": data})


def test_images_that_do_not_fit_are_refused(source):
    with pytest.raises(ModelError, match=r"tiny\.onnx: ONNX Runtime cannot run it"):
        measure(source, {}, batches=[images(2)[:, :, :4]])


def test_the_table_has_a_column_a_format(source):
    one = head("scores", "AU1", "AU2")
    model, merged = merge_head(read_network(source)[0], one, card=card())
    same = with_card(model, merged).SerializeToString()
    results = [
        replace(
            row,
            n_bytes=1_500_000,
            source_bytes=6_000_000,
            ms=1.5,
            source_ms=2.25,
            source_embedding=3.24,
            scores=replace(row.scores, largest=15.1),
            outputs=replace(row.outputs, largest=0.5, difference=0.25),
        )
        for row in measure(source, {"float32": same, "int8": same}, head=one)
    ]
    lines = comparison_table(results).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["source", "float32", "int8"],
        ["megabytes", "6.00", "1.50", "1.50"],
        ["ms", "a", "frame", "2.25", "1.50", "1.50"],
        ["embedding", "differs", "by", "of", "3.2", "0", "0"],
    ]
    assert lines[4].split() == ["scores", "differ", "by", "of", "15", "0", "0"]
    assert lines[6].split() == ["outputs", "differ", "by", "of", "0.5", "0.25", "0.25"]
    assert lines[5].split() == ["scores", "with", "the", "same", "class", "100.00%", "100.00%"]
    assert lines[7].split()[:6] == ["outputs", "with", "the", "same", "action", "units"]
    assert lines[-3].startswith("differences are the largest on 21 frames; times")
    assert "of the source" in lines[-2]
    assert lines[-1].startswith("int8 was calibrated on the same frames")


def test_the_table_tells_of_how_many_frames_these_are(source):
    (row,) = measure(source, {"int8": source.read_bytes()})
    lines = comparison_table([replace(row, picked_from=900)]).splitlines()
    assert lines[-3].startswith(
        "differences are the largest on 21 frames, evenly spread over 900 "
    )
    assert lines[-1].startswith("int8 was calibrated on frames of the same 900")


def test_the_table_says_that_noise_is_noise(source):
    results = measure(source, {"float32": source.read_bytes()})
    text = comparison_table([replace(row, on="noise") for row in results])
    assert "scores differ by" in text
    assert "on 21 images of noise, no faces" in text
    assert "outputs" not in text
    assert "calibrated" not in text


def test_the_table_is_silent_on_scores_that_are_none(source):
    (row,) = measure(source, {"float32": source.read_bytes()})
    none = Agreement(difference=0, largest=0, classes=None, va=None, units=None)
    assert "scores" not in comparison_table([replace(row, scores=none)])
