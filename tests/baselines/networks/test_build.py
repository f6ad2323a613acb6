"""Every row becomes a module of the published size that says what the published network says.

``golden.json`` holds what other implementations give for the weights and images of `filling`,
8 outputs: timm 0.9.7 for EfficientNet, MobileViT-v2 and ReXNet; InsightFace's MobileFaceNet with a
linear layer on it; Keras 3.15 for MobileNet-v1 (ReLU after ``feats``) and, for VGG-Face, VGG16.
For each of two images there are the whole scores and eight values of the embedding, evenly spaced.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network, classifier_name  # noqa: E402
from baselines.networks.table import NETWORKS, MobileNetShape  # noqa: E402
from tests.baselines.networks.filling import filled, images, smaller  # noqa: E402

ROWS = [pytest.param(row, id=row.name) for row in NETWORKS.values()]
POOLING = ["tf_efficientnet_b0", "efficientnet_lite0", "mobilevitv2_150", "rexnet_150"]
GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())
# Parameters with 8 outputs; with 1000, the sizes in the model cards of timm and Keras.
PARAMETERS = {
    "tf_efficientnet_b0": 4_017_796,
    "tf_efficientnet_b1": 6_523_432,
    "tf_efficientnet_b2": 7_712_266,
    "efficientnet_b0": 4_017_796,
    "efficientnet_b1": 6_523_432,
    "efficientnet_b2": 7_712_266,
    "efficientnet_lite0": 3_381_256,
    # Keras' own head has 1000 outputs on the embedding, and its count the moving statistics.
    "mobilenet_v1": 4_253_864 - 21_888 - 1000 * 1025 + 256 * 1025 + 8 * 257,
    "vggface": sum((9 * before + 1) * after for before, after in [
        (3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256),
        (256, 512), (512, 512), (512, 512), (512, 512), (512, 512), (512, 512),
    ]) + (512 * 7 * 7 + 1) * 4096 + 4097 * 4096 + 4097 * 8,
    "mobilefacenet": 2_064_650 - 2 * 513,
    "mobilevitv2_150": 9_831_905,
    "rexnet_150": 7_822_961,
}  # fmt: skip


def hollow(row, n_outputs, **options):
    """Build a network that has shapes but no numbers."""
    with torch.device("meta"):
        return build_network(row, n_outputs, **options).eval()


def double(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture(scope="module", params=GOLDEN)
def example(request):
    """Let a filled network see two images; one network at a time, for they are large."""
    row, size = NETWORKS[request.param], GOLDEN[request.param]["size"]
    network = filled(build_network(smaller(row, size), 8))
    with torch.no_grad():
        batch = images(2, size)
        yield SimpleNamespace(row=row, network=network, images=batch, features=network(batch))


def test_every_shape_has_golden_values():
    assert {row.shape for row in NETWORKS.values()} == {NETWORKS[name].shape for name in GOLDEN}


@pytest.mark.parametrize("row", ROWS)
def test_a_network_has_its_published_number_of_parameters(row):
    network = hollow(row, 8)
    expected = PARAMETERS[row.name.removesuffix("_bgr")]
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("n_outputs", [8, 0])
def test_a_batch_has_an_embedding_and_scores(row, n_outputs):
    size = row.preprocessing.size
    result = hollow(row, n_outputs)(torch.zeros(3, 3, size, size, device="meta"))
    assert tuple(result.embedding.shape) == (3, row.shape.embedding)
    assert tuple(result.scores.shape) == (3, n_outputs)


def test_a_network_says_what_its_published_implementation_says(example):
    golden, step = GOLDEN[example.row.name], example.row.shape.embedding // 8
    for found, wanted in (
        (example.features.embedding[:, ::step][:, :8], double(golden["embedding"])),
        (example.features.scores, double(golden["scores"])),
    ):
        torch.testing.assert_close(found, wanted, rtol=0, atol=2e-5 * wanted.abs().max().item())


def test_images_of_a_batch_do_not_know_of_one_another(example):
    alone, together = example.network(example.images[:1]).embedding, example.features.embedding
    assert not torch.allclose(together[0], together[1])
    scale = together.abs().max().item()
    torch.testing.assert_close(alone, together[:1], rtol=0, atol=1e-9 * scale)


def test_nothing_is_random_when_predicting(example):
    again = example.network(example.images)
    assert all(map(torch.equal, again, example.features))


def test_scores_are_linear_in_the_embedding_unless_they_are_probabilities(example):
    embedding, scores = example.features
    if example.row.scores == "probabilities":
        torch.testing.assert_close(scores.sum(dim=1), torch.ones(2).double())
        assert scores.min() >= 0
    else:
        classifier = example.network.get_submodule(classifier_name(example.row))
        torch.testing.assert_close(scores, classifier(embedding))


@pytest.mark.parametrize("example", POOLING, indirect=True)
def test_pooling_may_take_the_maximum(example, monkeypatch):
    assert hollow(example.row, 8, pooling="max").pooling == "max"
    monkeypatch.setattr(example.network, "pooling", "max")
    difference = example.network(example.images).embedding - example.features.embedding
    assert difference.min() >= 0
    assert difference.gt(0).double().mean() > 0.5


@pytest.mark.parametrize("row", ROWS)
def test_without_outputs_the_classifier_alone_is_missing(row):
    whole, bare = set(hollow(row, 8).state_dict()), set(hollow(row, 0).state_dict())
    prefixes = {classifier_name(row)}
    if isinstance(row.shape, MobileNetShape):
        prefixes.add("feats")
    missing = {f"{prefix}.{name}" for prefix in prefixes for name in ("weight", "bias")}
    assert (whole - bare, bare - whole) == (missing, set())


@pytest.mark.parametrize("row", ROWS)
def test_the_classifier_has_a_row_a_score(row):
    classifier = hollow(row, 5).get_submodule(classifier_name(row))
    assert (type(classifier), classifier.out_features) == (torch.nn.Linear, 5)


def test_mobilefacenet_folds_to_the_numbers_of_the_published_file():
    network = hollow(NETWORKS["mobilefacenet"], 10)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    count = sum(parameter.numel() for parameter in network.parameters())
    # A folded normalisation leaves a bias; the last one, of the embedding, stays, with statistics.
    assert count - sum(norm.num_features for norm in norms) + 2 * 512 == 2_054_282
