"""Models that predict: the bundled network, any ONNX file of abawkit, or a user's own object.

A `Predictor` is all that abawkit needs of a model. Whoever brings one gets loading, resuming,
filling, smoothing, writing and scoring for nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import onnxruntime

from abawkit.errors import ModelError, UsageError
from baselines.heads import Head, check_thresholds, zero_shot_head
from baselines.plugin import load_plugin
from baselines.preprocessing import Preprocessing
from submissions.decide import output_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from abawkit.protocol import Challenge
    from baselines.decoding import Mode

DEFAULT_MODEL = "efficientnet_lite0_ferplus"
CARD = "abawkit"


class Predictor(Protocol):
    """A model for one challenge; ``str()`` of it is shown to the user.

    A module of yours plugs in as ``--model package.module:factory``, where ``factory`` takes the
    `Challenge` and returns an object with these members. It may have ``thresholds`` too, the
    probability from which on each action unit is there, instead of one half, and ``mode``, "L" if
    it wants grey images. What it raises is told to the user with the file and line, as a
    `ModelError`; an error of abawkit's own is told as it is.
    """

    @property
    def identity(self) -> Mapping[str, str]:
        """What the model is, recorded in the run; a run goes on with an equal identity only."""

    def prepare(self, image: Image.Image) -> NDArray[Any]:
        """Turn a decoded face crop into the input of the model; called from several threads."""

    def predict(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """Give the raw outputs of a batch of inputs.

        ``batch`` is ``(n, …)``, stacked inputs; what is returned is ``(n, n_outputs)``: two
        values for VA, a probability a class for EXPR, one a unit for AU, all three for MTL.
        Rows should not depend on each other. It is not called again before it returns.
        """


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Backbone:
    """A network in an ONNX file: input ``input``, outputs ``embedding`` and ``scores``.

    What the file says of itself is in its metadata: the name, the classes of its scores, and the
    preprocessing.
    """

    name: str
    digest: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    session: onnxruntime.InferenceSession

    @classmethod
    def load(cls, path: Path, *, provider: str = "CPUExecutionProvider", threads: int = 1) -> Self:
        """Open an ONNX file.

        Parameters
        ----------
        path : Path
            The file.
        provider : str
            The execution provider of ONNX Runtime.
        threads : int
            Threads of one call of the network. Calls from several threads go side by side, which
            is faster on many images than one call on all cores.

        Returns
        -------
        Backbone
            Ready to run.

        Raises
        ------
        ModelError
            If the provider is not there, or the file is no network of abawkit.
        """
        available = onnxruntime.get_available_providers()
        if provider not in available:
            msg = f"no ONNX Runtime provider {provider!r} here; there are {', '.join(available)}"
            raise ModelError(msg)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            content = path.read_bytes()
            session = onnxruntime.InferenceSession(content, options, providers=[provider])
            card = json.loads(session.get_modelmeta().custom_metadata_map[CARD])
            backbone = cls(
                name=card["name"],
                digest=hashlib.sha256(content).hexdigest(),
                classes=tuple(card["classes"]),
                preprocessing=Preprocessing.of(card["preprocessing"]),
                session=session,
            )
        except Exception as error:  # ONNX Runtime's errors share no base class
            msg = f"{path}: not a network that abawkit made: {type(error).__name__}: {error}"
            raise ModelError(msg) from error
        names = {output.name for output in session.get_outputs()}
        if not {"embedding", "scores"} <= names:
            msg = f"{path}: expected the outputs embedding and scores, found {sorted(names)}"
            raise ModelError(msg)
        return backbone

    def __call__(
        self, batch: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Describe a batch of faces.

        Parameters
        ----------
        batch : numpy.ndarray of float32, shape (n, 3, size, size)
            Normalised images.

        Returns
        -------
        embedding, scores : numpy.ndarray of float32
            Of shape ``(n, n_embedding)`` and ``(n, n_classes)``.

        Raises
        ------
        ModelError
            If the runtime fails.
        """
        try:
            embedding, scores = self.session.run(["embedding", "scores"], {"input": batch})
        except Exception as error:  # ONNX Runtime's errors share no base class
            msg = f"{self.name}: the network failed on a batch of {len(batch)}: {error}"
            raise ModelError(msg) from error
        return embedding, scores

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return str(self.session.get_providers()[0])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BackbonePredictor:
    """A backbone with a head on it: abawkit's own kind of `Predictor`."""

    backbone: Backbone
    head: Head
    scratch: local = field(default_factory=local)

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and hash of the network and of the head."""
        return {
            "model": self.backbone.name,
            "model_sha256": self.backbone.digest,
            "head": self.head.reference,
            "head_sha256": self.head.digest,
        }

    @property
    def mode(self) -> Mode:
        """Pillow's mode of the images that the network wants."""
        return "L" if self.backbone.preprocessing.colour == "grey" else "RGB"

    @property
    def thresholds(self) -> Sequence[float]:
        """The head's."""
        return self.head.thresholds

    def __str__(self) -> str:
        return f"{self.backbone.name} ({self.backbone.provider}), head {self.head.reference}"

    def prepare(self, image: Image.Image) -> NDArray[np.uint8]:
        """Resize one image.

        Parameters
        ----------
        image : PIL.Image.Image
            A face crop.

        Returns
        -------
        numpy.ndarray of uint8, shape (channels, size, size)
            What `predict` takes.
        """
        return self.backbone.preprocessing.pixels(image)

    def predict(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Give the raw outputs of a batch.

        Parameters
        ----------
        batch : numpy.ndarray of uint8, shape (n, channels, size, size)
            Stacked results of `prepare`.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_outputs)
            The head's outputs.
        """
        shape = (len(batch), 3, *batch.shape[2:])
        # One array a thread, used again: fresh ones of this size cost as much as filling them.
        out = getattr(self.scratch, "out", None)
        if out is None or out.shape != shape:
            out = self.scratch.out = np.empty(shape, np.float32)
        return self.head(*self.backbone(self.backbone.preprocessing.normalise(batch, out=out)))


def load_predictor(
    challenge: Challenge,
    *,
    model: str | None = None,
    head: Path | None = None,
    provider: str = "CPUExecutionProvider",
) -> Predictor:
    """Find the model that a user names.

    Parameters
    ----------
    challenge : Challenge
        What it is to predict.
    model : str, optional
        An ONNX file, or ``package.module:factory``; the bundled network by default.
    head : Path, optional
        A trained head; the zero-shot one of the task by default.
    provider : str
        The execution provider of ONNX Runtime.

    Returns
    -------
    Predictor
        Ready to predict.

    Raises
    ------
    UsageError
        If `model` names nothing, or an object that takes no head.
    ModelError
        If the model or the head cannot be used for the task, or a user's own model raises.
    """
    if model is not None and ":" in model and not Path(model).exists():
        if head is not None:
            msg = f"--head goes with a network of abawkit, not with --model {model}"
            raise UsageError(msg)
        return load_plugin(challenge, model)
    if model in {None, DEFAULT_MODEL}:
        with as_file(files("baselines") / "assets" / f"{DEFAULT_MODEL}.onnx") as path:
            backbone = Backbone.load(path, provider=provider)
    elif Path(str(model)).is_file():
        backbone = Backbone.load(Path(str(model)), provider=provider)
    else:
        msg = (
            f"no model {model!r}; expected an ONNX file, package.module:factory, "
            f"or {DEFAULT_MODEL}, the bundled one"
        )
        raise UsageError(msg)
    chosen = zero_shot_head(challenge, backbone.classes) if head is None else Head.load(head)
    wanted = output_names(challenge)
    if chosen.outputs != wanted:
        msg = f"the head gives {chosen.outputs}, but {challenge.name} needs {wanted}"
        raise ModelError(msg)
    check_thresholds("the head", chosen.thresholds, challenge)
    return BackbonePredictor(backbone=backbone, head=chosen)
