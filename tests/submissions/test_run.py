"""The run folder is written whole, read back as it was, and refused where it is damaged."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from abawkit.errors import DataError
from abawkit.protocol import find_challenge
from submissions import Processing, RawVideo, load_run
from submissions.run import raw_path, read_manifest, write_manifest

FLOATS = st.floats(-1, 1, width=32)

MANIFEST = {"challenge": "abaw3-va", "model": {"model": "m"}, "planned": ["video1"]}


def some(frames):
    return np.array(frames, np.int32)


RAW = RawVideo(
    video="video1",
    frames=some([1, 2, 5]),
    outputs=np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], np.float32),
    n_frames=6,
    broken=some([3]),
    listed=None,
    source="abc:6",
)


@st.composite
def raw_videos(draw):
    """Draw a video with any gaps, broken images, and a list or none."""
    n_frames = draw(st.integers(0, 20))
    frames = (
        st.lists(st.integers(1, n_frames), unique=True).map(sorted) if n_frames else st.just([])
    )
    present = draw(frames)
    outputs = draw(arrays("float32", (len(present), 2), elements=FLOATS))
    return replace(
        RAW,
        frames=some(present),
        outputs=outputs,
        n_frames=n_frames,
        broken=some(draw(frames)),
        listed=draw(st.none() | frames.map(some)),
        source=draw(st.text("abc:,123")),
    )


@pytest.fixture
def run(tmp_path):
    """Make a finished run of one video."""
    RAW.save(raw_path(tmp_path, "video1"))
    write_manifest(tmp_path, {**MANIFEST, "videos": [{"video": "video1"}]})
    return tmp_path


@given(raw=raw_videos())
def test_raw_outputs_are_read_as_they_were_written(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("raw") / "video1.npz"
    raw.save(path)
    other = RawVideo.load(path)
    for name in ("frames", "outputs", "broken", "listed"):
        np.testing.assert_array_equal(getattr(other, name), getattr(raw, name), strict=True)
    assert (other.video, other.n_frames, other.source) == ("video1", raw.n_frames, raw.source)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    RAW.save(tmp_path / "a.npz")
    RawVideo.load(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path):
    path = tmp_path / "video1.npz"
    RAW.save(path)
    data = path.read_bytes()
    for end in range(0, len(data), 13):
        path.write_bytes(data[:end])
        with pytest.raises(DataError, match=r"video1\.npz: no raw outputs of abawkit"):
            RawVideo.load(path)


def test_a_damaged_file_is_refused_or_reads_the_same(tmp_path):
    path = tmp_path / "video1.npz"
    RAW.save(path)
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        try:
            outputs = RawVideo.load(path).outputs
        except DataError:
            continue
        np.testing.assert_array_equal(outputs, RAW.outputs)


def test_other_files_are_refused(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "lacking.npz", frames=np.zeros(3))
    np.savez(tmp_path / "pickled.npz", frames=np.array([{}]), allow_pickle=True)
    for name in ("array.npy", "lacking.npz", "pickled.npz", "missing.npz"):
        with pytest.raises(DataError, match="predict this video again"):
            RawVideo.load(tmp_path / name)


def test_a_track_is_known_where_there_is_a_face():
    track = replace(RAW, listed=some([1, 3])).track
    assert track.known.all(axis=1).tolist() == [True, True, False, False, True, False]
    assert track.listed.tolist() == [True, False, True, False, False, False]
    np.testing.assert_array_equal(track.values[[0, 1, 4]], RAW.outputs)
    assert RAW.track.listed is None


def test_a_run_gives_tracks_and_a_table(run):
    loaded = load_run(run)
    assert loaded.challenge.name == "abaw3-va"
    assert loaded.tracks["video1"].n_frames == 6
    table = loaded.table()
    assert table.index.names == ["video", "frame"]
    assert list(table.columns) == ["valence", "arousal"]
    assert table.loc["video1", 5].tolist() == pytest.approx([0.5, 0.6])
    assert len(table) == 3


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (None, "no finished run"),
        (json.dumps(MANIFEST), "no finished run"),
        ("{", "cannot read this manifest"),
        (b"\xff\xfe", "cannot read this manifest"),
        ("[]", "not the manifest of a run"),
        ('{"name": "x"}', "not the manifest of a run"),
        (json.dumps({**MANIFEST, "challenge": "zzz"}), "not the manifest of a run"),
        (json.dumps({**MANIFEST, "challenge": ["abaw3-va"]}), "not the manifest of a run"),
        (json.dumps({**MANIFEST, "planned": [], "videos": []}), "no finished run"),
        (json.dumps({**MANIFEST, "refining": {}}), "stopped while its labels were made anew"),
        (json.dumps({**MANIFEST, "labels": 3, "videos": []}), "how the labels were made, 3"),
        (json.dumps({**MANIFEST, "labels": {"fill": "x"}, "videos": []}), "no fill 'x'"),
        (json.dumps({**MANIFEST, "planned": 3}), "not the manifest of a run"),
        (json.dumps({**MANIFEST, "model": None}), "not the manifest of a run"),
        (json.dumps({**MANIFEST, "model": {"members": 5}}), "not the manifest of a run"),
        (json.dumps({**MANIFEST, "model": {"members": [5]}}), "not the manifest of a run"),
        (
            json.dumps({**MANIFEST, "model": {"members": [], "weights": 5}}),
            "not the manifest of a run",
        ),
        (
            json.dumps({**MANIFEST, "model": {"members": [], "weights": {"va": 5}}}),
            "not the manifest of a run",
        ),
    ],
)
def test_what_is_no_finished_run_is_refused(tmp_path, text, fragment):
    if text is not None:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(DataError, match=fragment):
        load_run(tmp_path)


def test_a_run_that_lacks_raw_outputs_is_refused(run):
    raw_path(run, "video1").unlink()
    with pytest.raises(DataError, match=r"video1\.npz"):
        load_run(run)


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    assert read_manifest(tmp_path) is None
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST


@pytest.mark.parametrize(
    ("changes", "fragment"),
    [
        ({"outputs": RAW.outputs[:2]}, r"expected outputs of shape \(3, 2\), found \(2, 2\)"),
        ({"outputs": RAW.outputs[:, :1]}, r"expected outputs of shape \(3, 2\), found \(3, 1\)"),
        ({"outputs": RAW.outputs * np.float32(np.nan)}, "outputs that are not finite"),
        ({"outputs": RAW.outputs * np.float32(np.inf)}, "outputs that are not finite"),
        ({"frames": some([1, 2, 7])}, "frames beyond the 6 of the video"),
        ({"frames": some([0, 2, 3])}, "frames beyond the 6 of the video"),
    ],
)
def test_raw_outputs_that_are_not_those_of_the_challenge_are_refused(run, changes, fragment):
    replace(RAW, **changes).save(raw_path(run, "video1"))
    with pytest.raises(DataError, match=rf"video1\.npz: .*{fragment}"):
        load_run(run)


def test_a_run_tells_how_its_labels_were_made(run):
    labels = {"fill": "nearest", "smooth": "box:3", "offsets": "0.1,-0.2"}
    write_manifest(run, {**MANIFEST, "labels": labels, "videos": []})
    assert load_run(run).processing.describe() == labels
    write_manifest(run, {**MANIFEST, "videos": []})
    assert load_run(run).processing == Processing.parse(find_challenge("va"))


def named(run, model):
    write_manifest(run, {**MANIFEST, "model": model, "videos": []})
    return load_run(run).name


def test_the_name_of_a_run_is_that_of_its_model_whatever_computed_it(run):
    name = named(run, {"model": "m", "head": "h", "provider": "cpu"})
    assert name.startswith("m + h [")
    assert name == named(run, {"features": "float16", "head": "h", "provider": "x", "model": "m"})
    assert name != named(run, {"model": "m", "head": "h", "head_sha256": "1"})
    assert named(run, {"model": "m", "head": ""}).startswith("m [")
    assert named(run, {"sha": "1"}).startswith("model [")
    members = [{"name": "a", "provider": "cpu"}]
    ensemble = named(run, {"model": "ensemble", "members": members})
    assert ensemble == named(run, {"model": "ensemble", "members": [{"name": "a"}]})
    assert ensemble != named(run, {"model": "ensemble", "members": [{"name": "b"}]})
