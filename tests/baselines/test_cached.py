"""Features in the place of images change no more than 16 bits do."""

import numpy as np
import pytest

from abawkit.errors import DataError, ModelError, UsageError
from abawkit.evaluation import score_files
from abawkit.frames import FrameFolder
from abawkit.labels import read_labels, write_labels
from abawkit.protocol import find_challenge
from abawkit.track import Track
from baselines.cache import FeatureCache
from baselines.cached import FeaturePredictor
from baselines.card import MergedHead
from baselines.extraction import extract
from baselines.heads import Head, Layer
from baselines.inference import predict_features
from baselines.model import Backbone, BackbonePredictor, load_head
from baselines.plan import plan
from baselines.predictor import predict
from submissions import Processing, Tuned, load_run
from submissions.decide import output_names
from submissions.scoring import score_outputs
from tests.baselines.fakes import contents, save_noise
from tests.baselines.tiny_onnx import tiny_card, write_tiny

VA, EXPR, AU, MTL = (find_challenge(task) for task in ("va", "expr", "au", "mtl"))
LENGTHS = {"2": 9, "10": 7, "pair_left": 4}
PRESENT = {"2": [2, 3, 4, 8], "10": [1, 2, 3, 4, 5, 6, 7], "pair_left": [3]}
SOURCES = ("embedding", "scores", "probabilities", "both")


def linear(challenge, source, *, thresholds=()):
    """Draw a head."""
    names = output_names(challenge)
    n_inputs = {"embedding": 3, "both": 11}.get(source, 8)
    weight = np.random.default_rng(0).normal(size=(n_inputs, len(names))).astype(np.float32)
    layer = Layer(weight=weight, bias=np.zeros(len(names), np.float32), activation="sigmoid")
    return Head(source=source, outputs=names, parts=((layer,),), thresholds=thresholds)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the frames of three videos, features of them, and the network."""
    root = tmp_path_factory.mktemp("cached")
    for number, (video, frames) in enumerate(PRESENT.items()):
        for frame in frames:
            path = root / "data" / video / f"{frame:05d}.jpg"
            save_noise(path, 100 * number + frame, size=(2, 2))
    lengths = "".join(f"{video},{n}\n" for video, n in LENGTHS.items())
    (root / "frames.csv").write_text(f"video,frames\n{lengths}")
    backbone = Backbone.load(write_tiny(root / "tiny.onnx", tiny_card()))
    extract(FrameFolder.index(root / "data"), backbone, out=root / "features")
    return root, backbone, FeatureCache.open(root / "features")


def run(made, out, predictor, *, challenge=VA, tuned=None, **options):
    """Predict all there is from images or features, as the predictor asks for."""
    root, _, cache = made
    source = cache if isinstance(predictor, FeaturePredictor) else root / "data"
    names = ("videos", "annotations", "allow_missing")
    sources = {name: options.pop(name) for name in names if name in options}
    given = {} if "annotations" in sources else {"frames": root / "frames.csv"}
    planned = plan(challenge, source, **(given | sources))
    processing = Processing.parse(challenge, smooth="none", tuned=tuned)
    return predict(challenge, predictor, planned, out=out, processing=processing, **options)


def both(made, head):
    """Give the predictor of images and that of features."""
    _, backbone, cache = made
    return BackbonePredictor(backbone=backbone, head=head), FeaturePredictor(
        cache=cache, head=head
    )


@pytest.mark.parametrize("source", SOURCES)
def test_features_say_what_images_say_up_to_16_bits(made, tmp_path, source):
    images, features = both(made, linear(MTL, source))
    run(made, tmp_path / "images", images, challenge=MTL)
    run(made, tmp_path / "features", features, challenge=MTL)
    found, expected = load_run(tmp_path / "features").videos, load_run(tmp_path / "images").videos
    for video, raw in expected.items():
        for name in ("frames", "broken", "n_frames", "source"):
            np.testing.assert_array_equal(getattr(found[video], name), getattr(raw, name))
        atol = 2e-3 if source in {"embedding", "both"} else 1e-6
        np.testing.assert_allclose(found[video].outputs, raw.outputs, atol=atol)


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_has_the_outputs_by_which_training_chooses(made, tmp_path, source):
    head = linear(VA, source)
    run(made, tmp_path / "run", both(made, head)[1])
    truth = {video: Track.of(video, np.zeros((n, 2))) for video, n in LENGTHS.items()}
    expected = predict_features(head, made[2], truth)
    for video, track in load_run(tmp_path / "run").tracks.items():
        np.testing.assert_array_equal(track.values, expected[video].values)


@pytest.mark.parametrize("challenge", [EXPR, AU], ids=["expr", "au"])
def test_a_run_scores_as_training_told(made, tmp_path, challenge):
    rng = np.random.default_rng(1)
    top, columns = (8, 1) if challenge is EXPR else (2, 12)
    truth = {
        video: Track.of(video, rng.integers(top, size=(n, columns)), rng.random(n) < 0.8)
        for video, n in LENGTHS.items()
    }
    head = linear(challenge, "embedding")
    write_labels(tmp_path / "gt", truth, targets=challenge.targets,
                 layout=challenge.protocol.annotation, sentinels=True)  # fmt: skip
    predictor = both(made, head)[1]
    run(made, tmp_path / "run", predictor, challenge=challenge, annotations=tmp_path / "gt")
    told = score_outputs(challenge, truth, predict_features(head, made[2], truth),
                         Processing.parse(challenge, smooth="none"))  # fmt: skip
    found = score_files(tmp_path / "run", tmp_path / "gt", task=challenge.name).report
    assert found.score == told.score


def test_only_listed_frames_are_predicted(made, tmp_path):
    rows = [("10", 4), ("2", 9), ("2", 2), ("10", 1)]
    lines = "".join(f"{video}/{frame:05d}.jpg\n" for video, frame in rows)
    (tmp_path / "list.txt").write_text(f"image,valence\n{lines}")
    predictor = both(made, linear(MTL, "both"))[1]
    run(made, tmp_path / "run", predictor, challenge=MTL, videos=tmp_path / "list.txt")
    videos = load_run(tmp_path / "run").videos
    assert {name: raw.frames.tolist() for name, raw in videos.items()} == {"10": [1, 4], "2": [2]}


def test_a_run_of_features_is_not_mixed_with_one_of_images(made, tmp_path):
    images, features = both(made, linear(VA, "scores"))
    run(made, tmp_path / "run", images)
    before = contents(tmp_path / "run")
    with pytest.raises(UsageError, match="a run of another model"):
        run(made, tmp_path / "run", features)
    assert contents(tmp_path / "run") == before
    told = dict(features.identity)
    assert told.pop("features") == "float16, layout 1"
    assert told == images.identity


def test_a_finished_run_is_not_predicted_again(made, tmp_path):
    notes, predictor = [], both(made, linear(VA, "scores"))[1]
    run(made, tmp_path / "run", predictor)
    before = contents(tmp_path / "run")
    run(made, tmp_path / "run", predictor, note=notes.append)
    assert (notes, contents(tmp_path / "run")) == (["3 of 3 videos are done already"], before)


def load(made, tmp_path, challenge=VA, *, head=None, **options):
    path = None
    if head is not None:
        path = tmp_path / "head.npz"
        head.save(path)
    return FeaturePredictor.load(challenge, made[2], head=path, **options)


def test_the_head_is_the_given_one_or_that_of_a_run_or_zero_shot(made, tmp_path):
    head = linear(VA, "embedding")
    assert load(made, tmp_path, head=head).head.digest == head.digest
    assert FeaturePredictor.load(VA, made[2], head=tmp_path).head.digest == head.digest
    assert load_head(VA, tmp_path, tiny_card(), n_embedding=3).digest == head.digest
    assert "Russell and Mehrabian 1977" in str(load(made, tmp_path))


def test_a_folder_without_a_head_is_told(made, tmp_path):
    with pytest.raises(DataError, match=r"head\.npz: no such file; expected a trained head"):
        FeaturePredictor.load(VA, made[2], head=tmp_path)


def test_what_does_not_go_with_the_features_is_refused(made, tmp_path):
    with pytest.raises(UsageError, match="--model x: the features are those of tiny; leave"):
        load(made, tmp_path, model="x")
    with pytest.raises(UsageError, match="--provider cpu: the features are those of CPUExecut"):
        load(made, tmp_path, provider="cpu")
    with pytest.raises(ModelError, match=r"the head gives .* but abaw3-va needs"):
        load(made, tmp_path, head=linear(EXPR, "scores"))
    with pytest.raises(ModelError, match="the head has 3 thresholds"):
        load(made, tmp_path, AU, head=linear(AU, "scores", thresholds=(0.1,) * 3))
    wide = Layer(weight=np.zeros((4, 2), np.float32), bias=np.zeros(2, np.float32),
                 activation="tanh")  # fmt: skip
    with pytest.raises(ModelError, match="the head takes 4 inputs"):
        load(made, tmp_path, head=Head(source="embedding", outputs=output_names(VA),
                                       parts=((wide,),)))  # fmt: skip


def test_a_merged_head_is_not_among_the_features(made, tmp_path):
    card = tiny_card(head=MergedHead(outputs=output_names(VA)))
    backbone = Backbone.load(write_tiny(tmp_path / "merged.onnx", card))
    outcome = extract(FrameFolder.index(made[0] / "data"), backbone, out=tmp_path / "out")
    cache = FeatureCache.open(outcome.folder)
    with pytest.raises(UsageError, match="tiny has a head merged in, of which the features know"):
        FeaturePredictor.load(VA, cache)
    linear(VA, "scores").save(tmp_path / "head.npz")
    assert FeaturePredictor.load(VA, cache, head=tmp_path / "head.npz").head.source == "scores"


def test_an_output_that_is_not_finite_is_an_error(made, tmp_path):
    layer = Layer(weight=np.full((8, 2), np.nan, np.float32), bias=np.zeros(2, np.float32),
                  activation="linear")  # fmt: skip
    head = Head(source="scores", outputs=output_names(VA), parts=((layer,),))
    with pytest.raises(ModelError, match=r"^2: the head gave an output that is not finite"):
        run(made, tmp_path / "run", both(made, head)[1])


@pytest.mark.parametrize(
    ("own", "tuned", "expected"),
    [((), (), "0"), ((0.0,) * 12, (), "1"), ((0.0,) * 12, (1.0,) * 12, "0")],
    ids=["default", "head", "tuned"],
)
def test_tuned_thresholds_win_over_those_of_the_head(made, tmp_path, own, tuned, expected):
    layer = Layer(weight=np.zeros((8, 12), np.float32), bias=np.full(12, -1, np.float32),
                  activation="sigmoid")  # fmt: skip
    head = Head(source="scores", outputs=output_names(AU), parts=((layer,),), thresholds=own)
    settings = Tuned(challenge=AU.name, thresholds=tuned)
    run(made, tmp_path / "run", both(made, head)[1], challenge=AU, tuned=settings)
    for track in read_labels(tmp_path / "run", AU).values():
        np.testing.assert_array_equal(track.values, float(expected))


def broken_cache(tmp_path):
    """Extract a video with an image that cannot be read."""
    for frame in (1, 3):
        save_noise(tmp_path / "data" / "v" / f"{frame:05d}.jpg", frame, size=(2, 2))
    (tmp_path / "data/v/00002.jpg").write_bytes(b"")
    (tmp_path / "frames.csv").write_text("v,4\n")
    backbone = Backbone.load(write_tiny(tmp_path / "tiny.onnx", tiny_card()))
    extract(FrameFolder.index(tmp_path / "data"), backbone, out=tmp_path / "features")
    return tmp_path, backbone, FeatureCache.open(tmp_path / "features")


def test_images_that_could_not_be_read_are_told_as_from_images(tmp_path):
    made = broken_cache(tmp_path)
    images, features = both(made, linear(VA, "scores"))
    one = run(made, tmp_path / "images", images)
    other = run(made, tmp_path / "features-run", features)
    assert one.broken == other.broken == ("v/00002.jpg",)
    assert (one.n_rows, one.n_faceless) == (other.n_rows, other.n_faceless) == (4, 2)
    for _ in range(2):
        with pytest.raises(DataError, match=r"^v/00002\.jpg: could not be read when"):
            run(made, tmp_path / "features-run", features, strict=True)


def test_an_image_that_no_list_asks_for_may_be_broken(tmp_path):
    made = broken_cache(tmp_path)
    (tmp_path / "list.txt").write_text("image,valence\nv/00001.jpg\nv/00003.jpg\n")
    predictor, chosen = both(made, linear(MTL, "scores"))[1], {"videos": tmp_path / "list.txt"}
    outcome = run(made, tmp_path / "run", predictor, challenge=MTL, strict=True, **chosen)
    assert (outcome.n_rows, outcome.broken) == (2, ())


def test_a_video_without_features_is_named_unless_it_has_no_face(made, tmp_path):
    (tmp_path / "list.csv").write_text("2,9\nnobody,5\n")
    predictor, chosen = both(made, linear(VA, "scores"))[1], {"videos": tmp_path / "list.csv"}
    with pytest.raises(DataError, match=r"1 of 2 videos have no features: nobody\. Extract"):
        run(made, tmp_path / "run", predictor, **chosen)
    with pytest.warns(UserWarning, match="nobody: no frame with a face"):
        assert run(made, tmp_path / "run", predictor, allow_missing=True, **chosen).n_rows == 14


def test_a_video_that_was_cut_short_is_not_taken_for_one_without_a_face(tmp_path):
    made = broken_cache(tmp_path)
    (made[2].folder / "v" / "video.json").unlink()
    (tmp_path / "list.csv").write_text("v,4\n")
    with pytest.raises(DataError, match=r"1 of 1 videos have no features: v\."):
        plan(VA, made[2], videos=tmp_path / "list.csv", allow_missing=True)
