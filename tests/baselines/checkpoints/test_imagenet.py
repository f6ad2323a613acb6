"""ImageNet weights become timm's, tensor by tensor."""

import sys

import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from abawkit.errors import MissingDependencyError, ModelError  # noqa: E402
from baselines.checkpoints import imagenet  # noqa: E402
from baselines.checkpoints.imagenet import lite0_imagenet  # noqa: E402
from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.table import EFFICIENTNET_LITE0  # noqa: E402

# ImageNet's numbers.
PALACE, DAISY = 698, 985


@pytest.fixture(scope="module")
def original():
    """Read the weights as the package has them."""
    package = pytest.importorskip(imagenet.PACKAGE)
    (file,) = (package_folder(package) / "models").glob("*.pth")
    return torch.load(file, map_location="cpu", weights_only=True)


def package_folder(package):
    return imagenet.Path(package.__file__).parent


def central(image):
    """Cut out the square that ImageNet is evaluated on: 224 of 256 pixels of the shorter side."""
    side = round(min(image.size) * 224 / 256)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def fake_package(folder, monkeypatch, files):
    """Put a package on the path that has these files for weights."""
    models = folder / "weights_of_nothing" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    for name in files:
        (models / name).touch()
    monkeypatch.setattr(imagenet, "PACKAGE", "weights_of_nothing")
    monkeypatch.syspath_prepend(folder)


def test_every_tensor_is_used_once(original):
    state = lite0_imagenet()
    assert len(state) == len(original)
    network = build_network(EFFICIENTNET_LITE0, 1000)
    network.load_state_dict(state)
    assert {tensor.shape for tensor in state.values()} == {t.shape for t in original.values()}


def test_tensors_come_under_their_new_names_unchanged(original):
    pairs = {
        "_conv_stem.weight": "conv_stem.weight",
        "_bn0.running_var": "bn1.running_var",
        "_blocks.0._depthwise_conv.weight": "blocks.0.0.conv_dw.weight",
        "_blocks.0._project_conv.weight": "blocks.0.0.conv_pw.weight",
        "_blocks.1._expand_conv.weight": "blocks.1.0.conv_pw.weight",
        "_blocks.2._bn0.bias": "blocks.1.1.bn1.bias",
        "_blocks.8._depthwise_conv.weight": "blocks.4.0.conv_dw.weight",
        "_blocks.15._bn2.weight": "blocks.6.0.bn3.weight",
        "_conv_head.weight": "conv_head.weight",
        "_bn1.weight": "bn2.weight",
        "_fc.bias": "classifier.bias",
    }
    state = lite0_imagenet()
    for old, new in pairs.items():
        assert torch.equal(original[old], state[new]), new


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(imagenet, "PACKAGE", "no_such_package")
    with pytest.raises(MissingDependencyError, match=r"no_such_package; install abawkit\[train\]"):
        lite0_imagenet()


def test_a_folder_of_that_name_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.setattr(imagenet, "PACKAGE", "only_a_folder")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(MissingDependencyError):
        lite0_imagenet()


@pytest.mark.parametrize("files", [[], ["a.pth", "b.pth"]])
def test_a_package_with_other_files_is_refused(tmp_path, monkeypatch, files):
    fake_package(tmp_path, monkeypatch, files)
    with pytest.raises(ModelError, match=f"expected one .pth file .*, found {len(files)}"):
        lite0_imagenet()


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x80\x02cos\nsystem\n.", {"a": 1}, {"x.y": 1}, 3]
)
def test_a_file_that_is_not_the_weights_is_refused(tmp_path, monkeypatch, content):
    fake_package(tmp_path, monkeypatch, ["a.pth"])
    path = tmp_path / "weights_of_nothing" / "models" / "a.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ModelError, match=r"a\.pth: not the ImageNet weights that are expected"):
        lite0_imagenet()


@pytest.mark.usefixtures("original")
@pytest.mark.parametrize(("photo", "label"), [("china.jpg", PALACE), ("flower.jpg", DAISY)])
def test_the_network_says_what_is_on_a_photo(photo, label):
    pixels = pytest.importorskip("sklearn.datasets").load_sample_image(photo)
    network = build_network(EFFICIENTNET_LITE0, 1000).eval()
    network.load_state_dict(lite0_imagenet())
    preprocessing = EFFICIENTNET_LITE0.preprocessing
    prepared = preprocessing.normalise(preprocessing.pixels(central(Image.fromarray(pixels))))
    with torch.no_grad():
        shares = network(torch.from_numpy(prepared)[None]).scores.softmax(dim=1)[0]
    assert shares.argmax() == label
    assert shares[label] > 2 * shares.sort().values[-2]
