"""What made-up networks say of a frame: Gaussian clusters around what the face does.

The first `N_SIGNAL` coordinates of an embedding, before it is turned at random, are ::

    4   which pair of classes the expression is of: a corner of a simplex
    2   which class of the pair: the product of two signs, as in exclusive or, so that no linear
        function tells them apart; the way the expression shows is the sign of both
    2   valence and arousal
    12  an action unit each: 0 where it is not there; where it is, some place to one side or,
        for every other unit, to either side, as the way it shows tells

each with noise of standard deviation 1; the others are the look of the person, and noise. Scores
are a linear function of the embedding that leaves out the exclusive or and the person's look.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from baselines.cache import Origin, VideoFeatures, half
from baselines.card import EMOTIONS_7, EMOTIONS_8, Card, Scores, softmax
from baselines.preprocessing import Preprocessing
from baselines.synthetic.scenes import EXPRESSION_COUNTS, N_UNITS
from baselines.synthetic.traces import waves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from baselines.synthetic.scenes import Scene

MADE_UP = "made up by 'abawkit sample-features'; no network has said this of any face"
PAIR, CROSS, AFFECT = slice(0, 4), slice(4, 6), slice(6, 8)
UNITS = slice(8, 8 + N_UNITS)
N_SIGNAL = UNITS.stop
TWO_SIDED = np.arange(N_UNITS) % 2 == 1
N_SCORED = 8
_LAYOUT = 1
_SCORED_UNITS = ((3, 6, 10), (0, 1, 2))  # those of a smile, and those of the brows
_PREPROCESSING = Preprocessing(
    size=224, colour="rgb", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network that is made up.

    Attributes
    ----------
    name : str
        Of its card.
    classes : tuple of str
        The columns of its scores, at most 8.
    scores : {"logits", "probabilities"}
        What they hold.
    n_embedding : int
        Values of an embedding, from 20 to 84.
    seed : int
        Another seed turns the embedding otherwise.
    pair, cross, affect, unit : float
        How far from 0 the clusters are, in standard deviations of the noise; those of valence and
        arousal are so many times the hidden values.
    look : float
        How far apart persons are.
    gain, heat : float
        How many times as large the embedding and the logits are.
    memory : int
        Frames over which the noise is alike, as `waves` has it.
    """

    name: str
    classes: tuple[str, ...]
    scores: Scores = "logits"
    n_embedding: int
    seed: int = 0
    pair: float = 1.5
    cross: float = 1.5
    affect: float = 1.5
    unit: float = 2.0
    look: float = 0.8
    gain: float = 2.0
    heat: float = 0.7
    memory: int = 8

    @property
    def origin(self) -> Origin:
        """What its features are kept under; another setting is another origin."""
        settings = json.dumps({"layout": _LAYOUT, **asdict(self)}, sort_keys=True)
        card = Card(
            name=self.name,
            outputs=self.classes,
            scores=self.scores,
            preprocessing=_PREPROCESSING,
            source=MADE_UP,
            licence="none needed: no data of anyone",
        )
        return Origin(
            card=card,
            model_sha256=hashlib.sha256(settings.encode()).hexdigest(),
            provider="made up",
            n_embedding=self.n_embedding,
        )

    def see(self, scene: Scene) -> VideoFeatures:
        """Give the features of a video, the same ones every time.

        Parameters
        ----------
        scene : Scene
            The video, with what is hidden in it.

        Returns
        -------
        VideoFeatures
            For the frames in which a face was found.
        """
        rng = np.random.default_rng([self.seed, *self.name.encode(), *scene.key])
        n = len(scene.expression)
        hidden = waves(rng, n, self.n_embedding, span=self.memory)
        hidden[:, :N_SIGNAL] += self._signal(scene)
        hidden[:, N_SIGNAL:] += self.look * scene.look[: self.n_embedding - N_SIGNAL]
        hidden = hidden[scene.frames - 1]
        # Not a matrix product, of which the rounding depends on the number of threads.
        embedding = self.gain * np.einsum("ni,io->no", hidden, self._turn(self.n_embedding))
        return VideoFeatures(
            video=scene.video,
            frames=scene.frames,
            embedding=half(embedding.astype(np.float32), what=scene.video),
            scores=self._score(hidden),
            broken=np.empty(0, np.int32),
            source=f"made up {scene.key}",
        )

    def signal(self, embedding: NDArray[np.float16]) -> NDArray[np.float64]:
        """Turn embeddings back.

        Parameters
        ----------
        embedding : numpy.ndarray of float16, shape (n, n_embedding)
            From `see`.

        Returns
        -------
        numpy.ndarray of float64, shape (n, 20)
            The coordinates that tell what the face does, with noise of standard deviation 1.
        """
        back = self._turn(self.n_embedding).T[:, :N_SIGNAL]
        turned = np.einsum("ni,io->no", np.asarray(embedding, np.float64), back)
        return np.asarray(turned / self.gain)

    def _signal(self, scene: Scene) -> NDArray[np.float64]:
        way, ways = scene.ways[:, 0], scene.ways[:, 1:]
        pair, second = np.divmod(scene.expression, 2)
        return np.hstack([
            self.pair * np.eye(4)[pair],
            self.cross * np.stack([way, way * (1 - 2 * second)], axis=1),
            self.affect * scene.affect,
            self.unit * scene.units * np.where(TWO_SIDED, ways, 1),
        ])

    def _score(self, hidden: NDArray[np.float64]) -> NDArray[np.float32]:
        units = hidden[:, UNITS]
        sums = [units[:, list(group)].sum(axis=1) for group in _SCORED_UNITS]
        seen = np.column_stack([hidden[:, PAIR], hidden[:, AFFECT], *sums])
        n = len(self.classes)
        turned = np.einsum("ni,io->no", seen[:, :n], self._turn(n))
        logits = (self.heat * turned).astype(np.float32)
        return logits if self.scores == "logits" else softmax(logits)

    def _turn(self, n: int) -> NDArray[np.float64]:
        # An orthogonal matrix, uniformly distributed.
        rng = np.random.default_rng([self.seed, n, *self.name.encode()])
        q, r = np.linalg.qr(rng.standard_normal((n, n)))
        return np.asarray(q * np.sign(np.diag(r)), np.float64)


NETWORKS = (
    Network(
        name="mobilenet_7",
        classes=EMOTIONS_7,
        scores="probabilities",
        n_embedding=40,
        pair=1.4,
        cross=1.4,
        affect=1.3,
        unit=1.8,
        heat=1.0,
    ),
    Network(name="enet_b0_8_best_vgaf", classes=EMOTIONS_8, n_embedding=48),
    Network(
        name="enet_b2_8",
        classes=EMOTIONS_8,
        n_embedding=56,
        pair=1.45,
        cross=1.45,
        affect=1.4,
        unit=1.9,
    ),
)
"""Stand-ins for the networks of the paper, under their names and as good one after another."""
PRIORS = np.array(EXPRESSION_COUNTS) / sum(EXPRESSION_COUNTS)
