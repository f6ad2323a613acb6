"""Formats are made whole, compared on the spot, and written only if all went well."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

onnx = pytest.importorskip("onnx")

from abawkit.errors import DataError, ModelError, UsageError  # noqa: E402
from baselines.card import MergedHead  # noqa: E402
from baselines.checkpoints import formats as module  # noqa: E402
from baselines.checkpoints.formats import FORMATS, export_formats  # noqa: E402
from baselines.checkpoints.onnxfile import read_network, with_card  # noqa: E402
from baselines.checkpoints.precision import lowered  # noqa: E402
from baselines.heads import Head, Layer, head_input  # noqa: E402
from tests.baselines.checkpoints.handmade import WIDTH, card, images, run, save_network  # noqa: E402

HEAD = Head(
    source="embedding",
    outputs=("valence", "arousal"),
    parts=(
        (
            Layer(
                weight=np.random.default_rng(0).normal(size=(WIDTH, 2)).astype(np.float32),
                bias=np.zeros(2, np.float32),
                activation="tanh",
            ),
        ),
    ),
    reference="made up",
)
BUNDLED = files("baselines") / "assets" / "efficientnet_lite0_ferplus.onnx"


@pytest.fixture
def source(tmp_path):
    """Write a network."""
    return save_network(tmp_path / "tiny.onnx")


@pytest.fixture
def frames(tmp_path):
    """Write 40 frames of noise."""
    random = np.random.default_rng(0)
    folder = tmp_path / "frames"
    folder.mkdir()
    for i in range(40):
        pixels = random.integers(0, 256, (10, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:05d}.png")
    return sorted(folder.iterdir())


def test_each_format_is_a_network_of_abawkit(source, frames, tmp_path):
    out = tmp_path / "made" / "here"
    results = export_formats(source, out, formats=["int8", "float32", "float16"], frames=frames)
    assert [row.format for row in results] == list(FORMATS)
    names = ["tiny.onnx", "tiny.float16.onnx", "tiny.int8.onnx"]
    assert [row.path for row in results] == [out / name for name in names]
    pages = [name.replace("onnx", "card.md") for name in names]
    assert sorted(path.name for path in out.iterdir()) == sorted(names + pages)
    found = [read_network(row.path) for row in results]
    assert [lowered(model) for model, _ in found] == [None, "in half precision", "quantised"]
    assert {own for _, own in found} == {card()}
    assert [row.n_bytes for row in results] == [row.path.stat().st_size for row in results]


def test_formats_are_compared_on_the_frames(source, frames, tmp_path):
    results = export_formats(source, tmp_path / "out", formats=FORMATS, frames=frames)
    assert {(row.on, row.n_frames, row.picked_from) for row in results} == {("frames", 40, None)}
    whole, half, small = (row.scores.difference for row in results)
    assert whole == 0 < half < 0.01
    assert half < small < 0.5


def page(row):
    return row.path.with_suffix(".card.md").read_text()


def test_a_head_is_merged_into_each(source, frames, tmp_path):
    results = export_formats(source, tmp_path / "o", formats=FORMATS, frames=frames, head=HEAD)
    merged = MergedHead(outputs=("valence", "arousal"), reference="made up")
    assert {read_network(row.path)[1] for row in results} == {replace(card(), head=merged)}
    assert results[0].outputs.va < 1e-6 < results[1].outputs.va < results[2].outputs.va < 0.3
    assert all("head that was merged in (made up)" in page(row) for row in results)
    found = run(results[0].path.read_bytes(), images(3))
    expected = HEAD(head_input("embedding", card(), found["embedding"], found["scores"]))
    np.testing.assert_allclose(found["outputs"], expected, atol=1e-6)


def test_a_head_that_is_there_already_stays(source, tmp_path):
    (first,) = export_formats(source, tmp_path / "a", formats=["float32"], head=HEAD)
    (half,) = export_formats(first.path, tmp_path / "b", formats=["float16"])
    assert half.outputs.va < 0.01
    assert read_network(half.path)[1].head.outputs == ("valence", "arousal")


def test_without_frames_it_is_on_noise_and_says_so(source, tmp_path):
    told = []
    (row,) = export_formats(source, tmp_path / "o", formats=["float16"], note=told.append)
    assert (row.on, row.n_frames) == ("noise", 64)
    assert told[0] == "tiny.onnx: making float16"
    assert told[-1].startswith("compared on noise")


def test_frames_that_cannot_be_read_are_counted_and_told(source, frames, tmp_path):
    for frame in frames[3:6]:
        frame.write_bytes(b"no image")
    told = []
    results = export_formats(
        source, tmp_path / "o", formats=["float16", "int8"], frames=frames, note=told.append
    )
    assert {row.n_frames for row in results} == {37}
    named = ", ".join(map(str, frames[3:6]))
    assert told[-1] == f"3 frames cannot be read and are left out: {named}"


def test_many_frames_are_picked_from(source, frames, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "COMPARED_FRAMES", 7)
    monkeypatch.setattr(module, "CALIBRATION_FRAMES", 5)
    read = []

    def reading(paths, preprocessing, *, unreadable):
        read.append(paths)
        return module_batches(paths, preprocessing, unreadable=unreadable)

    module_batches = module.frame_batches
    monkeypatch.setattr(module, "frame_batches", reading)
    (row,) = export_formats(source, tmp_path / "o", formats=["int8"], frames=frames)
    assert [len(paths) for paths in read] == [5, 7]
    assert (row.n_frames, row.picked_from) == (7, 40)
    assert all(paths[-1] == frames[-1] for paths in read)


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        (["float32", "int4"], "no format 'int4'; there are float32, float16, int8"),
        ([], "no format given; there are float32"),
        (["int8"], "int8 is calibrated on frames .* --frames"),
    ],
)
def test_a_format_that_cannot_be_is_a_usage_error(source, tmp_path, formats, message):
    with pytest.raises(UsageError, match=message):
        export_formats(source, tmp_path / "o", formats=formats)
    assert not (tmp_path / "o").exists()


def test_the_source_is_never_replaced(source):
    before = source.read_bytes()
    with pytest.raises(UsageError, match=r"tiny\.onnx: is the file to export from"):
        export_formats(source, source.parent, formats=["float32"], head=HEAD)
    assert source.read_bytes() == before


def test_beside_the_source_there_is_room_for_the_others(source):
    (row,) = export_formats(source, source.parent, formats=["float16"])
    assert row.path == source.parent / "tiny.float16.onnx"


def test_an_older_file_is_replaced(source, tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "tiny.float16.onnx").write_text("old")
    (row,) = export_formats(source, tmp_path / "o", formats=["float16"])
    assert row.path.stat().st_size == row.n_bytes


def test_no_frame_that_can_be_read_is_a_data_error_and_nothing_is_written(source, tmp_path):
    with pytest.raises(DataError, match="none of 1 frames can be read"):
        export_formats(source, tmp_path / "o", formats=FORMATS, frames=[tmp_path / "no.jpg"])
    assert list((tmp_path / "o").iterdir()) == []


def test_a_folder_that_cannot_be_is_a_data_error_before_the_work(source):
    told = []
    with pytest.raises(DataError, match=r"tiny\.onnx.*: cannot be written to: "):
        export_formats(source, source / "out", formats=["float16"], note=told.append)
    assert told == []


def test_a_file_that_cannot_be_written_is_a_data_error(source, tmp_path):
    (tmp_path / "o" / "tiny.float16.onnx").mkdir(parents=True)
    with pytest.raises(DataError, match=r"tiny\.float16\.onnx: cannot be written: "):
        export_formats(source, tmp_path / "o", formats=["float16"])


@pytest.mark.parametrize("name", ["float16", "int8"])
def test_the_bundled_network_is_quantised_already(name, frames, tmp_path):
    told = f"is quantised already; export {name} from the float32 file"
    with pytest.raises(ModelError, match=told):
        export_formats(BUNDLED, tmp_path, formats=[name], frames=frames)


def test_half_precision_is_not_quantised_further(source, frames, tmp_path):
    (row,) = export_formats(source, tmp_path / "o", formats=["float16"])
    with pytest.raises(ModelError, match="is in half precision already; export int8 from"):
        export_formats(row.path, tmp_path / "p", formats=["float32", "int8"], frames=frames)


def test_a_head_can_be_merged_into_the_bundled_network(tmp_path):
    n = 1280
    weight = np.random.default_rng(0).normal(0, n**-0.5, (n, 2)).astype(np.float32)
    layer = Layer(weight=weight, bias=np.zeros(2, np.float32), activation="tanh")
    head = replace(HEAD, parts=((layer,),))
    (row,) = export_formats(BUNDLED, tmp_path / "o", formats=["float32"], head=head)
    assert row.embedding == row.scores.difference == 0
    assert row.outputs.va < 1e-5
    assert row.scores.classes == 1


def test_a_converter_that_gives_up_is_a_model_error(source, tmp_path, monkeypatch):
    def give_up(model):
        raise KeyError(model.producer_name)

    monkeypatch.setattr(module, "in_half_precision", give_up)
    with pytest.raises(ModelError, match=r"tiny\.onnx: cannot be made float16: KeyError"):
        export_formats(source, tmp_path / "o", formats=["float16"])


def test_what_overflows_half_precision_is_refused_and_not_written(source, tmp_path):
    model, own = read_network(source)
    (bias,) = (t for t in model.graph.initializer if t.name == "b0")
    bias.raw_data = np.full(4, 3e5, np.float32).tobytes()
    (weight,) = (t for t in model.graph.initializer if t.name == "w1")
    weight.raw_data = np.full((4, 4, 3, 3), 3, np.float32).tobytes()
    source.write_bytes(with_card(model, own).SerializeToString())
    with pytest.raises(ModelError, match="float16: 64 of 64 frames give what is no number"):
        export_formats(source, tmp_path / "o", formats=["float16"])
    assert list((tmp_path / "o").iterdir()) == []
