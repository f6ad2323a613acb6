"""Models that predict: the bundled network, any ONNX file of abawkit, or a user's own object.

A `Predictor` is all that abawkit needs of a model. Whoever brings one gets loading, resuming,
filling, smoothing, writing and scoring for nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import onnxruntime

from abawkit.errors import ModelError, UsageError
from baselines.card import Card, MergedHead
from baselines.contract import read_card
from baselines.heads import HEAD, Head, check_head, check_thresholds, head_input
from baselines.location import locate_model
from baselines.plugin import load_plugin
from baselines.zero_shot import zero_shot_head
from submissions.decide import output_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from abawkit.protocol import Challenge
    from baselines.decoding import Mode

DEFAULT_MODEL = "efficientnet_lite0_ferplus"
_AZURE = "AzureExecutionProvider"
_PROVIDER = "ExecutionProvider"
_NVIDIA = {"cuda", "tensorrt"}


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

    What the file says of itself is its `Card`; a file that a head was merged into has a third
    output, ``outputs``.
    """

    card: Card
    digest: str
    session: onnxruntime.InferenceSession
    scratch: local = field(default_factory=local)

    @classmethod
    def load(cls, path: Path, *, provider: str = "cpu", threads: int = 1) -> Self:
        """Open an ONNX file.

        Parameters
        ----------
        path : Path
            The file.
        provider : str
            The execution provider of ONNX Runtime, such as ``CUDAExecutionProvider`` or ``cuda``.
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
        wanted = _find_provider(provider)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            content = path.read_bytes()
            session = onnxruntime.InferenceSession(content, options, providers=[wanted])
        except Exception as error:  # ONNX Runtime's errors share no base class
            msg = f"{path}: not a network that abawkit made: {type(error).__name__}: {error}"
            raise ModelError(msg) from error
        backbone = cls(
            card=read_card(session, path),
            digest=hashlib.sha256(content).hexdigest(),
            session=session,
        )
        if backbone.provider != wanted:
            # ONNX Runtime goes on with the CPU where it cannot load what a provider needs.
            msg = (
                f"ONNX Runtime runs {path.name} with {backbone.provider} instead of {wanted}: "
                "the libraries that it needs cannot be loaded"
            )
            raise ModelError(msg)
        return backbone

    def normalised(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scale a batch of pixels to what the network takes.

        Parameters
        ----------
        batch : numpy.ndarray of uint8, shape (n, channels, size, size)
            Stacked results of the card's ``preprocessing.pixels``.

        Returns
        -------
        numpy.ndarray of float32, shape (n, 3, size, size)
            Good until the same thread asks again.
        """
        shape = (len(batch), 3, *batch.shape[2:])
        # One array a thread, used again: fresh ones of this size cost as much as filling them.
        out = getattr(self.scratch, "out", None)
        if out is None or out.shape != shape:
            out = self.scratch.out = np.empty(shape, np.float32)
        return self.card.preprocessing.normalise(batch, out=out)

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
            Of shape ``(n, n_embedding)`` and ``(n, len(card.outputs))``.
        """
        embedding, scores = self._run(["embedding", "scores"], batch)
        return embedding, scores

    def merged(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give what the merged head says of a batch of faces.

        Parameters
        ----------
        batch : numpy.ndarray of float32, shape (n, 3, size, size)
            Normalised images.

        Returns
        -------
        numpy.ndarray of float32, shape (n, len(card.head.outputs))
            The third output of the file.
        """
        return self._run(["outputs"], batch)[0]

    def _run(self, names: list[str], batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        try:
            results: list[NDArray[np.float32]] = self.session.run(names, {"input": batch})
        except Exception as error:  # ONNX Runtime's errors share no base class
            msg = f"{self.card.name}: the network failed on a batch of {len(batch)}: {error}"
            raise ModelError(msg) from error
        return results

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return str(self.session.get_providers()[0])

    @property
    def mode(self) -> Mode:
        """Pillow's mode of the images that the network wants."""
        return "L" if self.card.preprocessing.colour == "grey" else "RGB"

    @property
    def n_embedding(self) -> int | None:
        """Values of the embedding; None if the file leaves that open."""
        (shape,) = [e.shape for e in self.session.get_outputs() if e.name == "embedding"]
        return shape[1] if isinstance(shape[1], int) else None


def _find_provider(name: str) -> str:
    # Azure's runs none of a network's operators: ONNX Runtime would do all of them on the CPU.
    there: list[str] = onnxruntime.get_available_providers()
    available = [name for name in there if name != _AZURE]
    for provider in available:
        if name.lower() in {provider.lower(), provider.removesuffix(_PROVIDER).lower()}:
            return provider
    short = [provider.removesuffix(_PROVIDER).lower() for provider in available]
    nvidia = name.lower().removesuffix(_PROVIDER.lower()) in _NVIDIA
    hint = "; pip install onnxruntime-gpu in the place of onnxruntime" if nvidia else ""
    msg = (
        f"no ONNX Runtime provider {name!r} here; there are {', '.join(short)}, "
        f"in full {', '.join(available)}{hint}"
    )
    raise ModelError(msg)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BackbonePredictor:
    """A backbone with a head on it, or in its file: abawkit's own kind of `Predictor`."""

    backbone: Backbone
    head: Head | MergedHead

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and hash of the network and of the head, and what computes it."""
        # A merged head is part of the network's file.
        digest = self.head.digest if isinstance(self.head, Head) else self.backbone.digest
        return {
            "model": self.backbone.card.name,
            "model_sha256": self.backbone.digest,
            "provider": self.backbone.provider,
            "head": self._told,
            "head_sha256": digest,
        }

    @property
    def mode(self) -> Mode:
        """The backbone's."""
        return self.backbone.mode

    @property
    def thresholds(self) -> Sequence[float]:
        """The head's."""
        return self.head.thresholds

    @property
    def _told(self) -> str:
        merged = isinstance(self.head, MergedHead)
        return f"merged: {self.head.reference}" if merged else self.head.reference

    def __str__(self) -> str:
        backbone = self.backbone
        gives = backbone.card.scores if backbone.card.classes else "no classes"
        return f"{backbone.card.name} ({backbone.provider}, {gives}), head {self._told}"

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
        return self.backbone.card.preprocessing.pixels(image)

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
        images = self.backbone.normalised(batch)
        if isinstance(self.head, MergedHead):
            return self.backbone.merged(images)
        return self.head(head_input(self.head.source, self.backbone.card, *self.backbone(images)))


def load_predictor(
    challenge: Challenge,
    *,
    model: str | None = None,
    head: Path | None = None,
    provider: str = "cpu",
) -> Predictor:
    """Find the model that a user names.

    Parameters
    ----------
    challenge : Challenge
        What it is to predict.
    model : str, optional
        An ONNX file, the name of a model that was imported, or ``package.module:factory``; the
        bundled network by default.
    head : Path, optional
        A trained head, or the folder of the run that trained it; by default the one merged into
        the file, else the zero-shot one of the task.
    provider : str
        The execution provider of ONNX Runtime, such as ``CUDAExecutionProvider`` or ``cuda``.

    Returns
    -------
    Predictor
        Ready to predict.

    Raises
    ------
    UsageError
        If `model` names nothing, or an object that takes no head.
    DataError
        If there is no file `head`.
    ModelError
        If the model or the head cannot be used for the task, or a user's own model raises.
    """
    if model is not None and _is_plugin(model):
        if head is not None:
            msg = f"--head goes with a network of abawkit, not with --model {model}"
            raise UsageError(msg)
        return load_plugin(challenge, model)
    backbone = load_backbone(model, provider=provider)
    card = backbone.card
    if head is not None:
        chosen: Head | MergedHead = load_head(
            challenge, head, card, n_embedding=backbone.n_embedding
        )
    elif card.head is None:
        chosen = zero_shot_head(challenge, card)
    else:
        chosen = _merged_head(challenge, card.name, card.head)
    check_thresholds("the head", chosen.thresholds, challenge)
    return BackbonePredictor(backbone=backbone, head=chosen)


def load_backbone(model: str | None = None, *, provider: str = "cpu") -> Backbone:
    """Find the network that a user names.

    Parameters
    ----------
    model : str, optional
        An ONNX file, or the name of a model that was imported; the bundled network by default.
    provider : str
        The execution provider of ONNX Runtime, such as ``CUDAExecutionProvider`` or ``cuda``.

    Returns
    -------
    Backbone
        Ready to run.

    Raises
    ------
    UsageError
        If `model` names nothing, or an object of Python.
    """
    if model in {None, DEFAULT_MODEL}:
        with as_file(files("baselines") / "assets" / f"{DEFAULT_MODEL}.onnx") as path:
            return Backbone.load(path, provider=provider)
    if _is_plugin(str(model)):
        msg = (
            f"--model {model} gives the outputs of a task, no features; expected an ONNX file of "
            "abawkit or the name of an imported model"
        )
        raise UsageError(msg)
    return Backbone.load(locate_model(str(model)), provider=provider)


def load_head(challenge: Challenge, path: Path, card: Card, *, n_embedding: int | None) -> Head:
    """Read a trained head, and check that it is for a task and goes on a backbone.

    Parameters
    ----------
    challenge : Challenge
        What it is to predict.
    path : Path
        The file, or the folder of the run that trained it.
    card : Card
        Of the backbone.
    n_embedding : int, optional
        Values of its embedding, if known.

    Returns
    -------
    Head
        The head.

    Raises
    ------
    ModelError
        If it is of another task.
    """
    given = Head.load(path / HEAD if path.is_dir() else path)
    wanted = output_names(challenge)
    if given.outputs != wanted:
        msg = f"the head gives {given.outputs}, but {challenge.name} needs {wanted}"
        raise ModelError(msg)
    check_head(given, card, n_embedding=n_embedding)
    return given


def _is_plugin(model: str) -> bool:
    return ":" in model and not Path(model).exists()


def _merged_head(challenge: Challenge, name: str, head: MergedHead) -> MergedHead:
    wanted = output_names(challenge)
    if head.outputs != wanted:
        msg = (
            f"the head merged into {name} gives {head.outputs}, but "
            f"{challenge.name} needs {wanted}; give another with --head"
        )
        raise ModelError(msg)
    return head
