"""A network in other formats: half precision, 8 bits, with its head; each compared on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never, get_args

from abawkit.errors import AbawkitError, DataError, ModelError, UsageError, few
from abawkit.files import write_whole
from baselines.checkpoints.batches import frame_batches, random_batches, spread
from baselines.checkpoints.cards import card_as_markdown, card_path
from baselines.checkpoints.comparison import compare
from baselines.checkpoints.merging import merge_head
from baselines.checkpoints.onnxfile import read_network, with_card
from baselines.checkpoints.precision import in_half_precision, lowered, quantised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import onnx
    from numpy.typing import NDArray

    from baselines.checkpoints.comparison import Comparison
    from baselines.heads import Head

    Batches = Callable[[int], Iterator[NDArray[np.float32]]]

Format = Literal["float32", "float16", "int8"]
FORMATS: tuple[Format, ...] = get_args(Format)

CALIBRATION_FRAMES = 512
COMPARED_FRAMES = 256
_NOISE_BATCHES = 4


def export_formats(  # noqa: PLR0913 - one parameter a choice of the user
    source: Path,
    out: Path,
    *,
    formats: Sequence[str],
    head: Head | None = None,
    frames: Sequence[Path] = (),
    note: Callable[[str], None] = lambda _: None,
) -> tuple[Comparison, ...]:
    """Write a network in other formats, and compare each with it on frames.

    Nothing is written before all formats are made and have run. Frames are read a batch at a
    time: at most 512 of them, evenly spread, to calibrate 8 bits, and 256 to compare.

    Parameters
    ----------
    source : Path
        An ONNX file of abawkit.
    out : Path
        Folder for ``<stem of source>.onnx``, ``.float16.onnx`` and ``.int8.onnx``; older files of
        these names are replaced. Beside each goes its card as a page, with the ending ``.md``.
    formats : sequence of str
        Which of `FORMATS`; ``float32`` is as precise as `source` is, which serves to merge a head.
    head : Head, optional
        What to merge in, in every format.
    frames : sequence of Path
        Face crops; without any the comparison is on noise, and 8 bits cannot be had.
    note : callable
        Is told what the user should know.

    Returns
    -------
    tuple of Comparison
        One a format, in the order of `FORMATS`.

    Raises
    ------
    UsageError
        If a format is not known, lacks frames, or would replace `source`.
    DataError
        If no frame can be read, or the folder cannot be written to.
    ModelError
        If `source` is no network of abawkit, or cannot be had in a format.
    """
    wanted = _known(formats)
    if "int8" in wanted and not frames:
        msg = "int8 is calibrated on frames like those to predict on; give a folder with --frames"
        raise UsageError(msg)
    model, card = read_network(source)
    _check_precision(model, wanted, source)
    targets = {name: out / _file_name(source, name) for name in wanted}
    _check_targets(targets.values(), source)
    merged, merged_card = (model, card) if head is None else merge_head(model, head, card=card)
    unreadable: set[Path] = set()

    def batches(limit: int) -> Iterator[NDArray[np.float32]]:
        if not frames:
            return random_batches(card.preprocessing, _NOISE_BATCHES)
        return frame_batches(spread(frames, limit), card.preprocessing, unreadable=unreadable)

    made = {}
    for name in wanted:
        note(f"{source.name}: making {name}")
        converted = _converted(merged, name, batches, source)
        made[name] = with_card(converted, merged_card).SerializeToString()
    comparisons = compare(
        source, made, targets=targets, card=card, head=head, batches=batches(COMPARED_FRAMES),
        on="frames" if frames else "noise",
        picked_from=len(frames) if len(frames) > COMPARED_FRAMES else None,
    )  # fmt: skip
    if unreadable:
        names = few(sorted(unreadable))
        note(f"{len(unreadable)} frames cannot be read and are left out: {names}")
    if not frames:
        note("compared on noise, which no network is made for; give face crops with --frames")
    _write(made, targets, page=card_as_markdown(merged_card))
    return comparisons


def _known(formats: Sequence[str]) -> tuple[Format, ...]:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        found = f"no format {few(map(repr, unknown))}" if unknown else "no format given"
        msg = f"{found}; there are {', '.join(FORMATS)}"
        raise UsageError(msg)
    return tuple(name for name in FORMATS if name in formats)


def _file_name(source: Path, name: Format) -> str:
    return f"{source.stem}.onnx" if name == "float32" else f"{source.stem}.{name}.onnx"


def _check_precision(model: onnx.ModelProto, formats: Sequence[Format], source: Path) -> None:
    lower = [name for name in formats if name != "float32"]
    found = lowered(model)
    if lower and found:
        msg = f"{source}: is {found} already; export {' and '.join(lower)} from the float32 file"
        raise ModelError(msg)


def _check_targets(targets: Iterable[Path], source: Path) -> None:
    # Before the work is done.
    for target in targets:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            same = target.exists() and target.samefile(source)
        except OSError as error:
            msg = f"{target.parent}: cannot be written to: {error.strerror or error}"
            raise DataError(msg) from error
        if same:
            msg = f"{target}: is the file to export from; give another folder with --out"
            raise UsageError(msg)


def _converted(
    model: onnx.ModelProto, name: Format, batches: Batches, source: Path
) -> onnx.ModelProto:
    try:
        match name:
            case "float32":
                return model
            case "float16":
                return in_half_precision(model)
            case "int8":
                return quantised(model, batches(CALIBRATION_FRAMES))
            case _:
                assert_never(name)
    except AbawkitError:
        raise
    except Exception as error:  # the converters raise almost anything
        msg = f"{source}: cannot be made {name}: {type(error).__name__}: {error}"
        raise ModelError(msg) from error


def _write(made: Mapping[Format, bytes], targets: Mapping[Format, Path], *, page: str) -> None:
    for name, data in made.items():
        try:
            write_whole(targets[name], data)
            write_whole(card_path(targets[name]), page)
        except OSError as error:
            msg = f"{targets[name]}: cannot be written: {error.strerror or error}"
            raise DataError(msg) from error
