"""A model is found by what the user names, or refused with what there is instead."""

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from abawkit.errors import ModelError, UsageError
from abawkit.protocol import CHALLENGES, find_challenge
from baselines.card import EMOTIONS_7, EMOTIONS_8, KEY, SCORES, MergedHead
from baselines.card import VA as VA_NAMES
from baselines.features import Job, run_model
from baselines.heads import Head, Layer, head_input
from baselines.model import DEFAULT_MODEL, Backbone, load_predictor
from baselines.zero_shot import zero_shot_head
from submissions.decide import output_names
from tests.baselines.fakes import save_frames
from tests.baselines.tiny_onnx import CARD, tiny_card, tiny_weight, write_tiny

VA, EXPR, MTL = (find_challenge(task) for task in ("va", "expr", "mtl"))
BUNDLED = files("baselines") / "assets" / f"{DEFAULT_MODEL}.onnx"
MODULE = """
import subprocess
import sys
import threading
import numpy as np

class Own:
    identity = {"model": "own"}
    running = 0

    def __str__(self):
        return "own model"

    def prepare(self, image):
        return np.zeros(3, np.float32)

    def predict(self, batch):
        import time
        self.running += 1
        assert self.running == 1
        time.sleep(0.002)
        self.running -= 1
        return np.zeros((len(batch), 2), np.float32)

factory = lambda challenge: Own()
empty = lambda challenge: object()
number = 3
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Put a module of somebody's own on the path."""
    (tmp_path / "own_model.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return "own_model"


@pytest.mark.parametrize("name", [None, DEFAULT_MODEL, str(BUNDLED)])
def test_the_bundled_model_is_the_default(name):
    predictor = load_predictor(VA, model=name)
    card = predictor.backbone.card
    assert (card.name, card.outputs, card.scores) == (DEFAULT_MODEL, EMOTIONS_8, "logits")
    assert (card.preprocessing.size, card.preprocessing.colour) == (112, "grey")
    assert (card.trained_on, card.licence) == (("ImageNet", "FER+"), "Apache-2.0")
    start = f"{DEFAULT_MODEL} (CPUExecutionProvider, logits), head zero-shot: "
    assert str(predictor).startswith(start)


def test_the_bundled_model_gives_an_embedding_and_scores():
    backbone = Backbone.load(BUNDLED)
    embedding, scores = backbone(np.zeros((3, 3, 112, 112), np.float32))
    assert (embedding.shape, embedding.dtype) == ((3, 1280), np.float32)
    assert (scores.shape, scores.dtype) == ((3, 8), np.float32)


def test_the_bundled_file_holds_no_path_of_the_machine_it_was_made_on():
    data = BUNDLED.read_bytes()
    for trace in (b"/home/", b"/root/", b"/tmp/", b"/usr/", b"site-packages"):
        assert trace not in data


def test_the_identity_tells_networks_and_heads_apart():
    va, expr = load_predictor(VA).identity, load_predictor(EXPR).identity
    assert va["model_sha256"] == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert va["model_sha256"] == expr["model_sha256"]
    assert va["provider"] == "CPUExecutionProvider"
    assert va["head_sha256"] != expr["head_sha256"]
    assert json.loads(json.dumps(va)) == va


def test_a_predictor_prepares_as_the_card_says():
    predictor = load_predictor(VA)
    image = Image.new("RGB", (50, 70), (10, 200, 90))
    pixels = predictor.prepare(image)[None]
    backbone = predictor.backbone
    embedding, scores = backbone(backbone.card.preprocessing.normalise(pixels))
    expected = predictor.head(head_input("probabilities", backbone.card, embedding, scores))
    np.testing.assert_array_equal(predictor.predict(pixels), expected)


def test_a_trained_head_is_taken(tmp_path):
    zero_shot_head(VA, CARD).save(tmp_path / "head.npz")
    predictor = load_predictor(VA, head=tmp_path / "head.npz")
    assert predictor.identity == load_predictor(VA).identity


def test_a_head_for_another_task_is_refused(tmp_path):
    zero_shot_head(EXPR, CARD).save(tmp_path / "head.npz")
    with pytest.raises(ModelError, match=r"but abaw3-va needs \('valence', 'arousal'\)"):
        load_predictor(VA, head=tmp_path / "head.npz")


def test_an_onnx_file_of_ones_own_runs(tmp_path):
    backbone = Backbone.load(write_tiny(tmp_path / "tiny.onnx"))
    batch = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    embedding, scores = backbone(batch)
    np.testing.assert_allclose(embedding, batch.mean(axis=(2, 3)))
    np.testing.assert_allclose(scores, embedding @ tiny_weight(8), rtol=1e-5)
    assert (backbone.card, backbone.n_embedding) == (CARD, 3)


def images(n=2):
    """Give pixels as a tiny network takes them, and their means by channel, the embedding."""
    pixels = np.random.default_rng(0).integers(0, 256, (n, 3, 2, 2), np.uint8)
    return pixels, pixels.mean(axis=(2, 3), dtype=np.float32) / 255


@pytest.mark.parametrize("outputs", [EMOTIONS_7, EMOTIONS_8 + VA_NAMES])
@pytest.mark.parametrize("kind", SCORES)
def test_a_network_of_other_outputs_predicts(tmp_path, kind, outputs):
    card = tiny_card(outputs=outputs, scores=kind)
    predictor = load_predictor(MTL, model=str(write_tiny(tmp_path / "tiny.onnx", card)))
    pixels, embedding = images()
    scores = embedding @ tiny_weight(len(outputs))
    head = zero_shot_head(MTL, card)
    expected = head(head_input("probabilities", card, embedding, scores))
    np.testing.assert_allclose(predictor.predict(pixels), expected, atol=1e-5)
    assert str(predictor) == f"tiny (CPUExecutionProvider, {kind}), head {head.reference}"


def test_an_embedding_alone_needs_a_head(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", tiny_card(outputs=()))
    with pytest.raises(
        ModelError, match="tiny gives an embedding only; train a head and give --h"
    ):
        load_predictor(VA, model=str(path))


def dense(source, inputs, **options):
    weight = np.random.default_rng(0).normal(size=(inputs, 2)).astype(np.float32)
    layer = Layer(weight=weight, bias=np.zeros(2, np.float32), activation="tanh")
    return Head(source=source, outputs=VA_NAMES, parts=((layer,),), **options)


def test_an_embedding_alone_is_enough_for_a_trained_head(tmp_path):
    path, head = write_tiny(tmp_path / "tiny.onnx", tiny_card(outputs=())), dense("embedding", 3)
    head.save(tmp_path / "head.npz")
    predictor = load_predictor(VA, model=str(path), head=tmp_path / "head.npz")
    pixels, embedding = images()
    np.testing.assert_allclose(predictor.predict(pixels), head(embedding), atol=1e-6)
    assert str(predictor).startswith("tiny (CPUExecutionProvider, no classes)")


@pytest.mark.parametrize(
    ("head", "fragment"),
    [
        (dense("embedding", 4), r"takes 4 inputs \(embedding\), the backbone gives 3"),
        (dense("both", 12), "takes 12 inputs .* gives 11"),
        (dense("both", 11, scores="probabilities"), "trained on probabilities, tiny gives logits"),
        (
            dense("scores", 8, scores="probabilities"),
            "trained on probabilities, tiny gives logits",
        ),
    ],
)
def test_a_head_that_does_not_fit_is_refused_before_it_runs(tmp_path, head, fragment):
    path = write_tiny(tmp_path / "tiny.onnx")
    head.save(tmp_path / "head.npz")
    with pytest.raises(ModelError, match=fragment):
        load_predictor(VA, model=str(path), head=tmp_path / "head.npz")


@pytest.mark.parametrize("source", ["scores", "both"])
def test_a_head_on_scores_gets_them_as_they_are(tmp_path, source):
    path, head = (
        write_tiny(tmp_path / "tiny.onnx"),
        dense(source, {"scores": 8, "both": 11}[source]),
    )
    head.save(tmp_path / "head.npz")
    predictor = load_predictor(VA, model=str(path), head=tmp_path / "head.npz")
    pixels, embedding = images()
    expected = head(head_input(source, CARD, embedding, embedding @ tiny_weight(8)))
    np.testing.assert_allclose(predictor.predict(pixels), expected, atol=1e-5)


MERGED = tiny_card(head=MergedHead(outputs=VA_NAMES, reference="somebody's"))


def test_a_merged_head_is_the_default(tmp_path):
    predictor = load_predictor(VA, model=str(write_tiny(tmp_path / "tiny.onnx", MERGED)))
    pixels, embedding = images()
    np.testing.assert_allclose(predictor.predict(pixels), embedding @ tiny_weight(2), atol=1e-6)
    assert predictor.identity["head"] == "merged: somebody's"
    assert str(predictor) == "tiny (CPUExecutionProvider, logits), head merged: somebody's"
    assert json.loads(json.dumps(predictor.identity)) == predictor.identity


def test_a_given_head_is_taken_before_a_merged_one(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", MERGED)
    dense("embedding", 3, reference="mine").save(tmp_path / "head.npz")
    predictor = load_predictor(VA, model=str(path), head=tmp_path / "head.npz")
    pixels, embedding = images()
    expected = dense("embedding", 3)(embedding)
    np.testing.assert_allclose(predictor.predict(pixels), expected, atol=1e-6)
    assert predictor.identity["head"] == "mine"


def test_a_merged_head_for_another_task_is_refused(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", MERGED)
    fragment = r"merged into tiny gives \('valence', 'arousal'\), but abaw3-expr .*; .* --head"
    with pytest.raises(ModelError, match=fragment):
        load_predictor(EXPR, model=str(path))


def test_the_thresholds_of_a_merged_head_are_those_of_its_predictor(tmp_path):
    challenge = find_challenge("au")
    for thresholds in ((0.25,) * 12, (0.25,)):
        head = MergedHead(outputs=output_names(challenge), thresholds=thresholds)
        write_tiny(tmp_path / f"{len(thresholds)}.onnx", tiny_card(head=head))
    predictor = load_predictor(challenge, model=str(tmp_path / "12.onnx"))
    assert predictor.thresholds == (0.25,) * 12
    with pytest.raises(ModelError, match="the head has 1 thresholds, abaw3-au 12 units"):
        load_predictor(challenge, model=str(tmp_path / "1.onnx"))


def test_an_imported_model_is_loaded_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path))
    path = write_tiny(tmp_path / "models/my_own.onnx")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_predictor(VA, model="my_own").identity["model_sha256"] == digest


def test_a_network_that_lacks_what_its_card_says_is_refused(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", metadata={KEY: MERGED.to_json()})
    with pytest.raises(
        ModelError, match=r"tiny\.onnx: expected the inputs and outputs .*, outputs"
    ):
        Backbone.load(path)


def test_a_network_without_a_table_for_its_classes_is_refused(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", tiny_card(outputs=("a", "b", "c")))
    with pytest.raises(ModelError, match="tiny has the classes a, b, c; there is no"):
        load_predictor(VA, model=str(path))


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_text("nothing")
    with pytest.raises(ModelError, match=r"model\.onnx: not a network that abawkit made"):
        load_predictor(VA, model=str(tmp_path / "model.onnx"))


def test_a_batch_that_does_not_fit_is_an_error_of_the_model():
    with pytest.raises(ModelError, match=f"{DEFAULT_MODEL}: the network failed on a batch of 2"):
        Backbone.load(BUNDLED)(np.zeros((2, 3, 50, 50), np.float32))


@pytest.fixture
def runtime(monkeypatch):
    """Pretend that ONNX Runtime has a GPU; give the providers that sessions were asked for."""
    asked = []

    class Session:
        lacking = False

        def __init__(self, content, options, providers):
            assert content
            assert options.intra_op_num_threads == 1
            asked.extend(providers)
            self.real = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

        def __getattr__(self, name):
            return getattr(self.real, name)

        def get_providers(self):
            return ["CPUExecutionProvider"] if self.lacking else [*asked, "CPUExecutionProvider"]

    fake = SimpleNamespace(
        InferenceSession=Session,
        SessionOptions=onnxruntime.SessionOptions,
        get_available_providers=lambda: [*GPUS, "CPUExecutionProvider"],
        asked=asked,
    )
    monkeypatch.setattr("baselines.model.onnxruntime", fake)
    return fake


GPUS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "NewExecutionProvider")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("cuda", "CUDAExecutionProvider"),
        ("CUDA", "CUDAExecutionProvider"),
        ("CUDAExecutionProvider", "CUDAExecutionProvider"),
        ("cudaexecutionprovider", "CUDAExecutionProvider"),
        ("tensorrt", "TensorrtExecutionProvider"),
        ("new", "NewExecutionProvider"),
        ("cpu", "CPUExecutionProvider"),
    ],
)
def test_a_provider_has_a_long_and_a_short_name_in_any_case(runtime, given, found):
    assert Backbone.load(BUNDLED, provider=given).provider == found
    assert runtime.asked == [found]


def test_a_provider_that_cannot_be_used_is_not_replaced_silently(runtime):
    runtime.InferenceSession.lacking = True
    fragment = r"lite0_ferplus\.onnx with CPUExecutionProvider instead of CUDAExecutionProvider: "
    with pytest.raises(ModelError, match=fragment):
        Backbone.load(BUNDLED, provider="cuda")


@pytest.mark.parametrize("provider", ["X", "", "ExecutionProvider", "cud", "coreml"])
def test_a_provider_that_is_not_there_is_refused_with_those_that_are(runtime, provider):
    names = f"tensorrt, cuda, new, cpu, in full {', '.join(GPUS)}, CPUExecutionProvider"
    with pytest.raises(ModelError, match=f"provider '{provider}' here; there are {names}$"):
        Backbone.load(BUNDLED, provider=provider)
    assert runtime.asked == []


@pytest.mark.parametrize("provider", ["azure", "AzureExecutionProvider"])
def test_a_provider_that_runs_no_operator_is_not_offered(runtime, provider):
    runtime.get_available_providers = lambda: ["AzureExecutionProvider", "CPUExecutionProvider"]
    with pytest.raises(ModelError, match="there are cpu, in full CPUExecutionProvider"):
        Backbone.load(BUNDLED, provider=provider)


@pytest.mark.parametrize("provider", ["cuda", "TensorRT", "CUDAExecutionProvider"])
def test_what_a_gpu_needs_is_told(runtime, provider):
    runtime.get_available_providers = lambda: ["CPUExecutionProvider"]
    told = "there are cpu, in full CPUExecutionProvider; pip install onnxruntime-gpu in the place"
    with pytest.raises(ModelError, match=told):
        Backbone.load(BUNDLED, provider=provider)


@pytest.mark.parametrize("module", ["model", "checkpoints.comparison"])
def test_onnx_runtime_writes_nothing_of_its_own_into_the_home_folder(tmp_path, module):
    if module != "model":
        pytest.importorskip("onnx")
    other = {"HOME", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY"}
    environment = {name: value for name, value in os.environ.items() if name not in other}
    subprocess.run(
        [sys.executable, "-B", "-c", f"import baselines.{module}"],
        env={**environment, "HOME": str(tmp_path)}, check=True,
    )  # fmt: skip
    assert list(tmp_path.rglob("*")) == []


def test_a_model_of_ones_own_plugs_in(own):
    predictor = load_predictor(VA, model=f"{own}:factory")
    assert str(predictor) == "own model"
    assert predictor.identity == {"model": "own"}
    assert predictor.prepare(None).shape == (3,)


def test_a_model_of_ones_own_is_called_once_at_a_time(own, tmp_path):
    predictor = load_predictor(VA, model=f"{own}:factory")
    folder = save_frames(tmp_path, "v", range(1, 41))
    jobs = [Job(video="v", frame=i, path=folder / f"{i:05d}.jpg") for i in range(1, 41)]
    assert len(list(run_model(predictor, jobs, batch_size=2, threads=4))) == 40


def test_the_bundled_model_may_be_called_from_several_threads():
    predictor = load_predictor(VA)
    batch = np.zeros((2, 3, 112, 112), np.float32)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(predictor.predict(batch))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    assert all((result == results[0]).all() for result in results)


@pytest.mark.parametrize(
    ("model", "fragment"),
    [
        ("nowhere.onnx", r"no model 'nowhere\.onnx' \(an ONNX file, package\.module:factory, or"),
        ("", "no model ''"),
        ("own_model:missing", "has no attribute 'missing'"),
        ("own_model:", "expected package.module:factory"),
        ("own_model:number", "number cannot be called"),
        (
            "own_model:empty",
            r"the object has no identity, prepare, predict; see baselines\.model\.Predictor",
        ),
        ("no_such_module:factory", "No module named 'no_such_module'"),
        (":factory", "expected package.module:factory"),
        (".relative:factory", "expected package.module:factory"),
        ("folder/model.onnx:1", "expected package.module:factory"),
    ],
)
def test_a_name_of_nothing_is_refused(own, model, fragment):
    assert own
    with pytest.raises(UsageError, match=fragment):
        load_predictor(VA, model=model)


@pytest.mark.parametrize(
    "name", [name for name in CHALLENGES if name.endswith(("va", "au", "mtl"))]
)
def test_the_bundled_model_has_an_output_for_every_column(name):
    challenge = CHALLENGES[name]
    head = zero_shot_head(challenge, CARD)
    assert head.outputs == output_names(challenge)


def test_a_head_has_no_place_on_an_object(tmp_path):
    with pytest.raises(UsageError, match="--head goes with a network of abawkit"):
        load_predictor(find_challenge("va"), model="os:path", head=tmp_path / "head.npz")


def test_thresholds_of_another_number_than_the_units_are_refused(tmp_path):
    challenge = find_challenge("au")
    head = zero_shot_head(challenge, CARD)
    replace(head, thresholds=(0.5, 0.5)).save(tmp_path / "head.npz")
    with pytest.raises(ModelError, match="the head has 2 thresholds, abaw3-au 12 units"):
        load_predictor(challenge, head=tmp_path / "head.npz")


def test_the_thresholds_of_a_head_are_those_of_its_predictor(tmp_path):
    challenge = find_challenge("au")
    head = zero_shot_head(challenge, CARD)
    replace(head, thresholds=(0.3,) * 12).save(tmp_path / "head.npz")
    assert load_predictor(challenge, head=tmp_path / "head.npz").thresholds == (0.3,) * 12


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), "0.5", None])
def test_thresholds_that_are_no_probabilities_are_refused(tmp_path, value):
    challenge = find_challenge("au")
    head = zero_shot_head(challenge, CARD)
    replace(head, thresholds=(0.5,) * 11 + (value,)).save(tmp_path / "head.npz")
    with pytest.raises(ModelError, match=f"head has the threshold {value!r}; expected numbers"):
        load_predictor(challenge, head=tmp_path / "head.npz")


GOOD = """
import numpy as np

class Own:
    identity = {"model": "own"}

    def prepare(self, image):
        return np.zeros(3, np.float32)

    def predict(self, batch):
        return np.zeros((len(batch), 2), np.float32)

def factory(challenge):
    return Own()
"""


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    """Give a function that writes a module and loads its factory."""
    monkeypatch.syspath_prepend(tmp_path)
    # Each module has a name of its own, for Python keeps what it imported.
    name = "plug_in_" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]

    def load(text, task="va"):
        (tmp_path / f"{name}.py").write_text(text)
        return load_predictor(find_challenge(task), model=f"{name}:factory")

    load.name = name
    load.file = tmp_path / f"{name}.py"
    return load


def line_of(text, fragment):
    return next(i for i, line in enumerate(text.splitlines(), 1) if fragment in line)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (
            "def factory(:",
            r"importing NAME raised SyntaxError: invalid syntax \(NAME\.py, line 1\)",
        ),
        ("\nx = 1 / 0", r"importing NAME raised ZeroDivisionError: .*NAME\.py, line 2\)"),
        (
            "import nowhere",
            r"importing NAME raised ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("from json import no", "importing NAME raised ImportError: cannot import name 'no'"),
        ("import json\njson.no", "importing NAME raised AttributeError: module 'json' has no"),
        ("raise SystemExit(3)", "importing NAME raised SystemExit: 3"),
        ("raise ValueError", r"importing NAME raised ValueError \(.*NAME\.py, line 1\)"),
        ("def __getattr__(name):\n    [][1]", "looking up factory raised IndexError"),
        ("def factory(): pass", r"factory raised TypeError: factory\(\) takes 0 positional"),
        (
            "def factory(challenge):\n    raise ValueError('no\\nweights')",
            r"--model NAME:factory: factory raised ValueError: no weights \(.*NAME\.py, line 2\)$",
        ),
        ("def factory(challenge):\n    exit(5)", "factory raised SystemExit: 5"),
    ],
)
def test_what_somebodys_module_raises_is_told(plug_in, text, fragment):
    with pytest.raises(ModelError, match=fragment.replace("NAME", plug_in.name)) as caught:
        plug_in(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("member", "fragment"),
    [
        ("identity = None", "the identity is None; expected a mapping of str to str"),
        ("identity = ['a']", r"the identity is \['a'\]; expected a mapping"),
        ("identity = {'model': 3}", r"the identity is \{'model': 3\}; expected a mapping"),
        ("identity = {3: 'model'}", r"the identity is \{3: 'model'\}; expected a mapping"),
        (
            "identity = property(lambda self: 1 / 0)",
            r"identity raised ZeroDivisionError: division by zero \(.*NAME\.py, line 18\)",
        ),
        ("identity = property(lambda self: self.x)", "identity raised AttributeError: 'Own' obj"),
        ("thresholds = (0.5,)", "the object has 1 thresholds, abaw3-va 0 units"),
        ("thresholds = None", "thresholds raised TypeError: 'NoneType' object is not iterable"),
        ("thresholds = property(lambda self: self.x)", "thresholds raised AttributeError"),
        ("mode = 'RGBA'", "the mode is 'RGBA'; expected RGB or L"),
        ("mode = None", "the mode is None; expected RGB or L"),
        ("mode = property(lambda self: 1 / 0)", "mode raised ZeroDivisionError"),
        ("__str__ = lambda self: 3", r"str\(\) raised TypeError: __str__ returned non-string"),
        ("def __getattr__(self, name): 1 / 0", "NAME:factory: .* raised ZeroDivisionError"),
    ],
)
def test_members_of_somebodys_object_are_checked(plug_in, member, fragment):
    text = f"{GOOD}\nBase = Own\nclass Own(Base):\n    {member}\n"
    if "__getattr__" in member:
        text += "Base.prepare = property(lambda self: 1 / 0)\ndel Base.identity\n"
    with pytest.raises(ModelError, match=fragment.replace("NAME", plug_in.name)):
        plug_in(text)


@pytest.mark.parametrize(
    ("thresholds", "fragment"),
    [
        ("[0.5] * 11", "the object has 11 thresholds, abaw3-au 12 units"),
        (
            "[0.5] * 11 + [1.01]",
            r"the object has the threshold 1\.01; expected numbers from 0 to 1",
        ),
        ("['0.5'] * 12", r"the object has the threshold '0\.5'; expected numbers from 0 to 1"),
    ],
)
def test_thresholds_of_somebodys_object_are_checked_as_those_of_a_head(
    plug_in, thresholds, fragment
):
    with pytest.raises(ModelError, match=fragment):
        plug_in(f"{GOOD}\nOwn.thresholds = {thresholds}", "au")


def test_thresholds_and_mode_of_somebodys_object_are_taken(plug_in):
    text = f"{GOOD}\nOwn.thresholds = np.full(12, 0.25, np.float32)\nOwn.mode = 'L'"
    predictor = plug_in(text, "au")
    assert (predictor.thresholds, predictor.mode) == ((0.25,) * 12, "L")
    assert json.dumps(predictor.thresholds)


def test_members_may_have_defaults(plug_in):
    predictor = plug_in(GOOD)
    assert (predictor.thresholds, predictor.mode) == ((), "RGB")
    assert "Own object" in str(predictor)


@pytest.mark.parametrize(
    ("method", "code", "told"),
    [
        ("prepare", "raise ValueError('odd face')", "ValueError: odd face"),
        ("prepare", "return image.nothing", "AttributeError: .* 'nothing'"),
        ("predict", "raise RuntimeError('a\\n  b')", "RuntimeError: a b"),
        ("predict", "return batch @ np.zeros((7, 2))", "ValueError: matmul: .*"),
        ("predict", "np.testing.assert_allclose(batch, 1)", "AssertionError: Not equal .*"),
        ("predict", "raise SystemExit", "SystemExit"),
    ],
)
def test_what_a_method_of_somebodys_raises_is_told_with_the_line(
    plug_in, tmp_path, method, code, told
):
    argument = {"prepare": "image", "predict": "batch"}[method]
    text = f"{GOOD}\ndef {method}(self, {argument}):\n    {code}\nOwn.{method} = {method}\n"
    predictor = plug_in(text)
    folder = save_frames(tmp_path, "v", [1])
    place = rf"\({re.escape(str(plug_in.file))}, line {line_of(text, code)}\)"
    expected = f"^--model {plug_in.name}:factory: {method} raised {told} {place}$"
    with pytest.raises(ModelError, match=expected):
        list(run_model(predictor, [Job(video="v", frame=1, path=folder / "00001.jpg")]))


def test_an_error_of_abawkits_own_is_told_as_it_is(plug_in):
    text = (
        "from abawkit.errors import ModelError\ndef factory(c):\n    raise ModelError('as it is')"
    )
    with pytest.raises(ModelError, match=r"^as it is$"):
        plug_in(text)


def test_where_only_a_library_raised_its_last_line_is_told(plug_in):
    # A predictor that is installed has no line outside of site-packages.
    text = (
        "code = compile('def factory(c):\\n    1 / 0', '/x/site-packages/a.py', 'exec')\n"
        "exec(code, globals())"
    )
    with pytest.raises(ModelError, match=r"by zero \(/x/site-packages/a\.py, line 2\)$"):
        plug_in(text)
