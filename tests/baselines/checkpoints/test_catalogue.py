"""The catalogue holds every published file once, with facts that agree with each other."""

import re
from importlib.resources import as_file, files
from urllib.parse import urlsplit

import onnxruntime
import pytest

from abawkit.errors import UsageError
from baselines.card import EMOTIONS_7, EMOTIONS_8, KEY, UNKNOWN, VA, Card
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS, find_checkpoint, identify
from baselines.model import DEFAULT_MODEL
from baselines.networks.table import NETWORKS

# As the trees of both repositories list them: file, and first digits of its id.
FILES = {
    "enet_b0_8_best_vgaf.pt": "7219cfb0",
    "enet_b0_8_best_afew.onnx": "d87faf71",
    "enet_b0_8_best_afew.pt": "9540c8be",
    "enet_b0_8_best_vgaf.onnx": "49772db4",
    "enet_b0_8_va_mtl.pt": "b7223bd1",
    "enet_b0_8_va_mtl.onnx": "7ce9d6dd",
    "enet_b0_8_best.pt": "1b59ad5c",
    "enet_b2_7.onnx": "cdd6a607",
    "enet_b0_7.pt": "47b748b4",
    "enet_b2_8.onnx": "a7cb612c",
    "enet_b2_8.pt": "eed81e63",
    "enet_b2_8_best.onnx": "7e53eb31",
    "enet_b2_7.pt": "5a8ccbb1",
    "mbf_va_mtl.onnx": "194db927",
    "enet_b2_8_best.pt": "43be5178",
    "mobilevit_va_mtl.onnx": "bed5781a",
    "mbf_va_mtl.pt": "522bdabc",
    "mobilenet_7.h5": "3a3d5bb8",
    "mobilevit_va_mtl.pt": "d648cb1a",
    "affectnet_7_vggface2_rexnet150.pt": "34037205",
    "state_vggface2_enet0_new.pt": "496a7036",
    "state_vggface2_enet2.pt": "be6ad855",
    "state_vggface2_rexnet_150.pt": "c3e89b0f",
    "age_gender_tf2_224_deep-03-0.13-0.97.h5": "f92c1976",
    "engagement_single_attention.h5": "25921a29",
    "mtcnn.pb": "aa372a62",
    "20180720_174416.jpg": "ee94b3f5",
}
REMOVED = {
    "affectnet_7_vggface2_rexnet150.pt", "enet_b0_7.pt", "enet_b0_8_best.pt",
    "enet_b2_8_best.pt", "enet_b2_8_best.onnx",
}  # fmt: skip
NETWORK_BY_PREFIX = {
    "enet_b0": "tf_efficientnet_b0",
    "enet_b2": "tf_efficientnet_b2",
    "mbf": "mobilefacenet",
    "mobilevit": "mobilevitv2_150",
    "mobilenet": "mobilenet_v1",
    "affectnet_7_vggface2_rexnet150": "rexnet_150",
    "state_vggface2_enet0": "tf_efficientnet_b0",
    "state_vggface2_enet2": "tf_efficientnet_b2",
    "state_vggface2_rexnet_150": "rexnet_150",
}

every_row = pytest.mark.parametrize("row", CHECKPOINTS.values(), ids=lambda row: row.file)


def test_every_published_file_is_there():
    found = {file: row.blob[:8] for file, row in CHECKPOINTS.items()}
    assert found == FILES


def test_no_two_files_share_an_id():
    blobs = [row.blob for row in CHECKPOINTS.values()]
    former = [old.blob for row in CHECKPOINTS.values() for old in row.formerly]
    assert len(set(blobs)) == len(blobs)
    assert len({blob[:8] for blob in blobs} | set(former)) == len(blobs) + len(former)


@every_row
def test_ids_are_ids(row):
    assert re.fullmatch("[0-9a-f]{40}", row.blob)
    assert all(re.fullmatch("[0-9a-f]{8}", former.blob) for former in row.formerly)


@every_row
def test_the_address_ends_with_the_file(row):
    parts = urlsplit(row.url)
    assert (parts.scheme, parts.netloc, parts.query) == ("https", "github.com", "raw=true")
    assert parts.path.endswith(f"/{row.file}")
    assert ("/onnx/" in parts.path) == (row.format == "onnx")
    assert parts.path.startswith("/av-savchenko/") == (row.file in REMOVED)


@every_row
def test_the_network_is_the_one_that_the_name_says(row):
    names = [name for prefix, name in NETWORK_BY_PREFIX.items() if row.file.startswith(prefix)]
    assert row.network == "".join(names)


@every_row
def test_the_outputs_are_as_many_as_the_name_says(row):
    expected = ()
    if row.network and not row.name.startswith("state_"):
        classes = EMOTIONS_7 if re.search(r"_7(_|$)", row.name) else EMOTIONS_8
        expected = classes + VA * row.name.endswith("_va_mtl")
    assert row.outputs == expected


@every_row
def test_scores_and_preprocessing_are_those_of_the_network(row):
    network = NETWORKS.get(row.network)
    assert row.preprocessing == (network and network.preprocessing)
    assert row.scores == (network.scores if network else "logits")


@every_row
def test_a_classifier_of_emotions_has_seen_affectnet(row):
    assert bool(row.outputs) == ("AffectNet" in row.trained_on)
    unsaid = row.name in {"mbf_va_mtl", "mobilevit_va_mtl"}
    assert (UNKNOWN in row.trained_on) == unsaid
    assert bool(row.network) == ("VGGFace2" in row.trained_on or unsaid)
    assert row.network or row.note
    assert row.licence.startswith("Apache-2.0")


def test_published_accuracy_is_of_classes_that_the_file_has():
    rows = [row for row in CHECKPOINTS.values() if row.published is not None]
    assert len(rows) == 8
    assert all((row.published.affectnet_8 is None) == (len(row.outputs) == 7) for row in rows)
    assert all(60 < row.published.affectnet_7 < 67 for row in rows)


@every_row
def test_a_file_is_found_by_its_name_and_its_id(row):
    assert find_checkpoint(row.file) is row
    assert identify(row.blob) == (row, "the published version")
    assert row.file == f"{row.name}.{row.format}"


@every_row
def test_earlier_versions_are_known(row):
    for former in row.formerly:
        found, what = identify(former.blob + "0" * 32)
        assert found is row
        assert former.what in what


def test_an_unknown_id_is_nobodys():
    assert identify("0" * 40) is None


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("enet_b0_8_best_vgaf", "enet_b0_8_best_vgaf.onnx"),
        ("enet_b0_7", "enet_b0_7.pt"),
        ("mobilenet_7", "mobilenet_7.h5"),
        ("age_gender_tf2_224_deep-03-0.13-0.97", "age_gender_tf2_224_deep-03-0.13-0.97.h5"),
    ],
)
def test_a_model_stands_for_its_onnx_file_or_the_only_one(name, file):
    assert find_checkpoint(name).file == file


def test_a_misspelt_name_gets_its_neighbours_and_the_list():
    with pytest.raises(UsageError, match=r"did you mean enet_b0_8_best_vgaf.*abawkit models list"):
        find_checkpoint("enet_b0_8_best_vgaff")


def test_a_name_far_from_all_gets_the_list():
    with pytest.raises(UsageError, match="'zzz'; see abawkit models list"):
        find_checkpoint("zzz")


@pytest.mark.parametrize("name", [BUNDLED.name, BUNDLED.file])
def test_the_bundled_network_needs_no_download(name):
    assert BUNDLED.bundled
    with pytest.raises(UsageError, match="comes with abawkit"):
        find_checkpoint(name)


def test_the_bundled_row_agrees_with_the_card_of_the_file():
    with as_file(files("baselines") / "assets" / BUNDLED.file) as path:
        meta = onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map
    card = Card.of(meta[KEY])
    facts = ("name", "network", "outputs", "scores", "preprocessing", "trained_on")
    assert [getattr(card, fact) for fact in facts] == [getattr(BUNDLED, fact) for fact in facts]
    assert BUNDLED.name == DEFAULT_MODEL
