"""Published weights of face and emotion networks, one row a file, readable without torch.

Facts are those of two repositories: ``sb-ai-lab/EmotiEffLib`` (commit f1df0e8 of 2025-04-04) and
``av-savchenko/face-emotion-recognition`` (commit 207ed49 of 2024-12-18), where the files are that
the former has removed. A file is known by its git blob id: the SHA-1 of ``blob <size>``, a zero
byte and its content, as ``git hash-object`` gives it. ``trained_on`` says what the README does;
whether a network saw ImageNet before VGGFace2 is not written there.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from abawkit.errors import UsageError
from baselines.card import EMOTIONS_7, EMOTIONS_8, UNKNOWN, VA, Scores
from baselines.networks.table import NETWORKS
from baselines.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Format = Literal["pt", "h5", "onnx", "pb", "jpg"]
LICENCE = "Apache-2.0 (the repository); the data sets are for research only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """An earlier version of a file: the first digits of its git blob id, and what it was."""

    blob: str
    what: str = "date unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the README reports of a file.

    Accuracy on the validation part of AffectNet in per cent, by 8 and by 7 classes; the mean time
    of one face in milliseconds on a phone (Snapdragon 888); the size in MB.
    """

    affectnet_8: float | None = None
    affectnet_7: float
    milliseconds: float
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One published file.

    Attributes
    ----------
    file : str
        Its name, which no other row has.
    url : str
        Where it is; empty for the network that comes with abawkit.
    blob : str
        The git blob id, 40 hexadecimal digits; empty for the network that comes with abawkit.
    network : str
        The row of the table of networks; empty if it is none of them.
    outputs : tuple of str
        Names of the columns of the scores, in their order; empty without a classifier of emotions.
    scores : {"logits", "probabilities"}
        What the columns of classes hold.
    trained_on : tuple of str
        Data sets that the weights have seen, `UNKNOWN` for a part that nobody names; empty where
        nobody names any.
    licence : str
        What may be done with it.
    note : str
        What it is where it is no backbone, and what is doubtful.
    size : int, optional
        In bytes, where known.
    formerly : tuple of Former
        Earlier versions that were published under the same name, oldest first.
    published : Published, optional
        Upstream's numbers.
    own_preprocessing : Preprocessing, optional
        Where it differs from the network's.
    """

    file: str
    url: str = ""
    blob: str = ""
    network: str = ""
    outputs: tuple[str, ...] = ()
    scores: Scores = "logits"
    trained_on: tuple[str, ...] = ()
    licence: str = LICENCE
    note: str = ""
    size: int | None = None
    formerly: tuple[Former, ...] = ()
    published: Published | None = None
    own_preprocessing: Preprocessing | None = None

    @property
    def name(self) -> str:
        """The name of the model: the file's, without its ending."""
        return PurePosixPath(self.file).stem

    @property
    def format(self) -> Format:
        """The ending of the file's name."""
        endings: dict[str, Format] = {
            ".pt": "pt", ".h5": "h5", ".onnx": "onnx", ".pb": "pb", ".jpg": "jpg",
        }  # fmt: skip
        return endings[PurePosixPath(self.file).suffix]

    @property
    def bundled(self) -> bool:
        """Whether it comes with abawkit, so that there is nothing to download."""
        return not self.url

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What is done to an image before; None for a file that is no such network."""
        if self.own_preprocessing is None and self.network:
            return NETWORKS[self.network].preprocessing
        return self.own_preprocessing


_KEPT = "https://github.com/sb-ai-lab/EmotiEffLib/blob/main"
_REMOVED = "https://github.com/av-savchenko/face-emotion-recognition/blob/main"
_FACES = ("VGGFace2",)
_EMOTIONS = ("VGGFace2", "AffectNet")
_GONE = "Removed from EmotiEffLib in March 2025; the older repository has it."
_MOBILE = "The data it was pre-trained on are not documented for this network by itself."
_B0_ONNX = "Exported in November 2022, before the .pt file was saved anew in 2023."
_UNSAID = "what it was trained on is not documented there"
_B2_PAPER = (
    "Its global pooling was repaired in September 2022: numbers of papers before that, "
    "arXiv:2203.13436 among them, were made with an earlier file."
)


def _emotions(  # noqa: PLR0913 - one parameter a column
    file: str,
    blob: str,
    network: str,
    outputs: tuple[str, ...] = EMOTIONS_8,
    *,
    at: str = _KEPT,
    note: str = "",
    trained_on: tuple[str, ...] = _EMOTIONS,
    formerly: tuple[Former, ...] = (),
    published: Published | None = None,
) -> Checkpoint:
    folder = "models/affectnet_emotions" + ("/onnx" if file.endswith(".onnx") else "")
    notes = (note, _GONE if at == _REMOVED else "")
    return Checkpoint(
        file=file,
        url=f"{at}/{folder}/{file}?raw=true",
        blob=blob,
        network=network,
        outputs=outputs,
        scores=NETWORKS[network].scores,
        trained_on=trained_on,
        note=" ".join(filter(None, notes)),
        formerly=formerly,
        published=published,
    )


def _other(  # noqa: PLR0913 - one parameter a column
    path: str,
    blob: str,
    note: str,
    *,
    network: str = "",
    trained_on: tuple[str, ...] = (),
    licence: str = LICENCE,
    size: int | None = None,
) -> Checkpoint:
    return Checkpoint(
        file=PurePosixPath(path).name,
        url=f"{_KEPT}/{path}?raw=true",
        blob=blob,
        network=network,
        trained_on=trained_on,
        licence=licence,
        note=note,
        size=size,
    )


_B0, _B2 = "tf_efficientnet_b0", "tf_efficientnet_b2"
_ROWS = (
    _emotions(
        "enet_b0_8_best_vgaf.pt", "7219cfb037209b253ea8b81cf969e60a00e9181c", _B0,
        formerly=(
            Former(blob="084bd0af", what="March 2021, pickled with timm 0.4.5"),
            Former(blob="1e676ed5", what="August 2022"),
        ),
        published=Published(affectnet_8=61.32, affectnet_7=64.57, milliseconds=59, megabytes=16),
    ),
    _emotions(
        "enet_b0_8_best_afew.pt", "9540c8beff661f1c2fca16de63b530cce24bb17d", _B0,
        formerly=(Former(blob="31d35418"), Former(blob="7995f3bc")),
        published=Published(affectnet_8=60.95, affectnet_7=64.63, milliseconds=59, megabytes=16),
    ),
    _emotions(
        "enet_b0_8_va_mtl.pt", "b7223bd1ab092a1b5a42bc04a5f4fbfe4d9f8b9b", _B0, EMOTIONS_8 + VA,
        formerly=(Former(blob="073e25a2"), Former(blob="f8cca5e8")),
        published=Published(affectnet_8=61.93, affectnet_7=64.94, milliseconds=60, megabytes=16),
    ),
    _emotions(
        "enet_b0_8_best.pt", "1b59ad5cbb986bb227deb813553f017f1b01aa7c", _B0, at=_REMOVED
    ),
    _emotions(
        "enet_b0_7.pt", "47b748b42622ae1489a389588e9526d44ab01009", _B0, EMOTIONS_7, at=_REMOVED,
        formerly=(Former(blob="02ab99b1"),),
        published=Published(affectnet_7=65.74, milliseconds=59, megabytes=16),
    ),
    _emotions(
        "enet_b2_8.pt", "eed81e6368877e89f8a99cfabadae7c3ddc3a949", _B2, note=_B2_PAPER,
        formerly=(
            Former(blob="cfe8d51d"),
            Former(blob="aea7ddad", what="before March 2022, as arXiv:2203.13436 used it"),
            Former(blob="d831a23b"),
            Former(blob="0bbb0a05", what="September 2022, global pooling repaired"),
            Former(blob="a2878eaa", what="October 2022, made to load without a GPU"),
            Former(blob="4c572f59"),
            Former(blob="81563e2e"),
        ),
        published=Published(affectnet_8=63.03, affectnet_7=66.29, milliseconds=191, megabytes=30),
    ),
    _emotions(
        "enet_b2_7.pt", "5a8ccbb17913461296003be726a22b6fc40d602b", _B2, EMOTIONS_7,
        note=_B2_PAPER,
        formerly=(Former(blob="abf1a1d5"),),
        published=Published(affectnet_7=66.34, milliseconds=191, megabytes=30),
    ),
    _emotions(
        "enet_b2_8_best.pt", "43be51786607c44fd13df41a497056c6accf7188", _B2, at=_REMOVED,
        formerly=(Former(blob="983be306"),),
        published=Published(affectnet_8=63.125, affectnet_7=66.51, milliseconds=191, megabytes=30),
    ),
    _emotions(
        "mbf_va_mtl.pt", "522bdabca7c655a7abde9cfca17e3dfcceadf9a0", "mobilefacenet",
        EMOTIONS_8 + VA, note=_MOBILE, trained_on=("AffectNet", UNKNOWN),
    ),
    _emotions(
        "mobilevit_va_mtl.pt", "d648cb1a20a5b1ab0af64192ec9be39e5cdd3961", "mobilevitv2_150",
        EMOTIONS_8 + VA, note=_MOBILE, trained_on=("AffectNet", UNKNOWN),
    ),
    _emotions(
        "affectnet_7_vggface2_rexnet150.pt", "34037205ada1b5dfe83f47d03681b365ea1f34bb",
        "rexnet_150", EMOTIONS_7, at=_REMOVED,
    ),
    _emotions(
        "mobilenet_7.h5", "3a3d5bb84506960a3ace7586b42b010623bae099", "mobilenet_v1", EMOTIONS_7,
        published=Published(affectnet_7=64.71, milliseconds=16, megabytes=14),
    ),
    _emotions(
        "enet_b0_8_best_afew.onnx", "d87faf71e8756d68c701ffd88b4cde4be460f57d", _B0, note=_B0_ONNX
    ),
    _emotions(
        "enet_b0_8_best_vgaf.onnx", "49772db4e87ee6df57087fba131832a959e5c64d", _B0, note=_B0_ONNX
    ),
    _emotions(
        "enet_b0_8_va_mtl.onnx", "7ce9d6dd5b82b260bc19bfe7822a6ffa1abb6011", _B0, EMOTIONS_8 + VA,
        note=_B0_ONNX,
    ),
    _emotions(
        "enet_b2_7.onnx", "cdd6a6070b72ed2e59e15e810ae0ecdbcb0f7626", _B2, EMOTIONS_7,
        note=_B0_ONNX,
    ),
    _emotions("enet_b2_8.onnx", "a7cb612cbab1ce3d50dd52e57285fb2c7ea6d0d9", _B2, note=_B0_ONNX),
    _emotions(
        "enet_b2_8_best.onnx", "7e53eb31fefa28f6667195b27c7adade87da0a8f", _B2, at=_REMOVED,
        formerly=(Former(blob="e842c558"),),
    ),
    _emotions(
        "mbf_va_mtl.onnx", "194db927ec135679e5cd0a267c5605e2e9d68e7e", "mobilefacenet",
        EMOTIONS_8 + VA, note=_MOBILE, trained_on=("AffectNet", UNKNOWN),
    ),
    _emotions(
        "mobilevit_va_mtl.onnx", "bed5781a1af9924536638ac3786603e124ee900e", "mobilevitv2_150",
        EMOTIONS_8 + VA, note=_MOBILE, trained_on=("AffectNet", UNKNOWN),
    ),
    _other(
        "models/pretrained_faces/state_vggface2_enet0_new.pt",
        "496a7036adeb300a6371d99bcccb28404f2f52d5",
        "Face recognition; the start of the enet_b0 files.",
        network=_B0, trained_on=_FACES,
    ),
    _other(
        "models/pretrained_faces/state_vggface2_enet2.pt",
        "be6ad8550fc0043d1ee90553eee654252167322a",
        "Face recognition; the start of the enet_b2 files.",
        network=_B2, trained_on=_FACES,
    ),
    _other(
        "models/pretrained_faces/state_vggface2_rexnet_150.pt",
        "c3e89b0f5c9f21c585c57b836b9bb7259ae92b55",
        "Face recognition.",
        network="rexnet_150", trained_on=_FACES,
    ),
    _other(
        "models/pretrained_faces/age_gender_tf2_224_deep-03-0.13-0.97.h5",
        "f92c1976a0e16f89893d4ce6faa24bee5c6d0461",
        f"Age and gender, no emotions; {_UNSAID}.",
    ),
    _other(
        "models/pretrained_faces/mtcnn.pb", "aa372a62287d38de28b165b17249cc48c58d4838",
        f"Face detector MTCNN; {_UNSAID}.",
        size=2_004_483,
    ),
    _other(
        "models/engagement_classification/engagement_single_attention.h5",
        "25921a298a0ea8cd6761960ef7233aae071d7ec8",
        f"Engagement from 128 frames of B0 embeddings; {_UNSAID}.",
    ),
    _other(
        "tests/test_images/20180720_174416.jpg", "ee94b3f5faadc9b40bf52867e5a0eb625782b051",
        "Test photo of three faces, of upstream's tests; no model.",
        licence="Apache-2.0 (the repository)",
    ),
)  # fmt: skip

CHECKPOINTS: Mapping[str, Checkpoint] = MappingProxyType({row.file: row for row in _ROWS})

BUNDLED = Checkpoint(
    file="efficientnet_lite0_ferplus.onnx",
    network="efficientnet_lite0",
    outputs=EMOTIONS_8,
    trained_on=("ImageNet", "FER+"),
    licence="Apache-2.0; FER2013 is for research only",
    note="The default model. It comes with abawkit, with a model card.",
    own_preprocessing=Preprocessing(
        size=112, colour="grey", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    ),
)


def find_checkpoint(name: str) -> Checkpoint:
    """Find a published file.

    Parameters
    ----------
    name : str
        The file's name, or the model's: that stands for the ONNX file where there is one, since
        it needs no torch.

    Returns
    -------
    Checkpoint
        The row.

    Raises
    ------
    UsageError
        If there is none, or nothing to download.
    """
    if name in CHECKPOINTS:
        return CHECKPOINTS[name]
    if name in {BUNDLED.name, BUNDLED.file}:
        msg = f"{name} comes with abawkit: there is nothing to download, and --model takes it"
        raise UsageError(msg)
    named = [row for row in CHECKPOINTS.values() if row.name == name]
    for row in sorted(named, key=lambda row: row.format != "onnx"):
        return row
    close = get_close_matches(name, _names(CHECKPOINTS.values()), n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    msg = f"no published weights are called {name!r}; {hint}see abawkit models list"
    raise UsageError(msg)


def identify(blob: str) -> tuple[Checkpoint, str] | None:
    """Tell which published file has an id.

    Parameters
    ----------
    blob : str
        A git blob id, 40 hexadecimal digits.

    Returns
    -------
    tuple of Checkpoint and str, or None
        The row, and which version of it; None if no published file is known to have it.
    """
    for row in CHECKPOINTS.values():
        if row.blob == blob:
            return row, "the published version"
        for former in row.formerly:
            if blob.startswith(former.blob):
                return row, f"an earlier version ({former.what})"
    return None


def _names(rows: Iterable[Checkpoint]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in (row.name, row.file)))
