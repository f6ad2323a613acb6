"""Reading tables with named columns from files: CSV, TSV, Parquet and ``.npz``."""

from __future__ import annotations

import csv
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abawkit.errors import DataError, MissingDependencyError, few
from abawkit.protocol import Categorical
from submissions.conversion.naming import ROW_NAMES, plain
from submissions.conversion.table import KINDS, NOTHING, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from abawkit.protocol import Target
    from submissions.conversion.table import Table

_SEPARATORS = {".tsv": "\t"}


def read_first(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the names of the columns of a text file, and its first row.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    names : tuple of str
        What its first line holds.
    row : tuple of str
        What the line after it holds.

    Raises
    ------
    DataError
        If it cannot be read as text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=_separator(path))
            names, row = next(lines, []), next(lines, [])
    except (OSError, ValueError, csv.Error) as error:
        msg = f"{path}: cannot read this table: {error}; expected text in UTF-8"
        raise DataError(msg) from error
    return tuple(name.strip() for name in names), tuple(row)


def read_table(path: Path, targets: Sequence[Target]) -> Table:
    """Read a table from a file: text, Parquet or ``.npz``, by its suffix.

    Parameters
    ----------
    path : Path
        The file.
    targets : sequence of Target
        What the columns of arrays without names may hold.

    Returns
    -------
    Table
        Its columns.

    Raises
    ------
    DataError
        If it is no such file.
    MissingDependencyError
        If pandas cannot read Parquet here.
    """
    import pandas as pd  # noqa: PLC0415 - half a second, for those who have tables

    if path.suffix == ".npz":
        return _read_arrays(path, targets)
    if path.suffix != ".parquet":
        return _read_text(path)
    try:
        frame = pd.read_parquet(path)
    except ImportError as error:
        msg = f"{path}: reading Parquet needs pyarrow; install that, or write a CSV"
        raise MissingDependencyError(msg) from error
    except Exception as error:  # a corrupt file raises almost anything
        msg = f"{path}: cannot read this table: {error}; expected a Parquet file"
        raise DataError(msg) from error
    return table_of(frame, source=str(path))


def _read_text(path: Path) -> Table:
    import pandas as pd  # noqa: PLC0415

    names, _ = read_first(path)
    columns = {str(i): name for i, name in enumerate(names)}
    rest = [name for name in names if plain(name) not in ROW_NAMES]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=_separator(path),
                encoding="utf-8-sig",
                header=0,
                names=[*columns],
                index_col=False,
                # A name such as 007 or NA is text, and stays as it is.
                dtype={i: str for i, name in columns.items() if name not in rest},
                keep_default_na=False,
                na_values={i: NOTHING for i, name in columns.items() if name in rest},
                skip_blank_lines=False,
                skipinitialspace=True,
                low_memory=False,
            )
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        msg = f"{path}: cannot read this table: {error}; expected a line a row, as the first line"
        raise DataError(msg) from error
    frame = frame.loc[~(frame.isna() | (frame == "")).all(axis=1)]
    table = table_of(frame.set_axis(list(names), axis=1), source=str(path))
    # The first line has the names.
    return replace(table, video=path.stem, unit="line", numbers=frame.index.to_numpy() + 2)


def _separator(path: Path) -> str:
    return _SEPARATORS.get(path.suffix, ",")


def _read_arrays(path: Path, targets: Sequence[Target]) -> Table:
    """Read ``.npz``: named columns, or an array a video.

    Parameters
    ----------
    path : Path
        The file.
    targets : sequence of Target
        What the columns of a video's array may hold.

    Returns
    -------
    Table
        The columns.

    Raises
    ------
    DataError
        If it is no such file, or the arrays are neither.
    """
    import pandas as pd  # noqa: PLC0415

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = {name: _text(np.asarray(content[name])) for name in content.files}
    except Exception as error:  # a corrupt archive raises almost anything
        msg = f"{path}: cannot read these arrays: {error}; expected an .npz file without objects"
        raise DataError(msg) from error
    strange = {
        name: array.dtype for name, array in arrays.items() if array.dtype.kind not in KINDS
    }
    if strange:
        found = few(f"{name}: {dtype}" for name, dtype in strange.items())
        msg = f"{path}: expected arrays of numbers or text, found {found}"
        raise DataError(msg)
    if not any(plain(name) in ROW_NAMES for name in arrays):
        return _stacked(path, arrays, targets)
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
        found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        msg = f"{path}: expected columns of one length, found arrays of shape {found}"
        raise DataError(msg)
    frame = pd.DataFrame(arrays)
    return table_of(frame, source=str(path))


def _text(array: NDArray[Any]) -> NDArray[Any]:
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array


def _stacked(path: Path, arrays: Mapping[str, NDArray[Any]], targets: Sequence[Target]) -> Table:
    """Put the arrays of some videos one below the other.

    Parameters
    ----------
    path : Path
        The file.
    arrays : mapping of str to numpy.ndarray
        Of shape ``(n_frames, n_columns)``, by video; one column may be without its dimension.
    targets : sequence of Target
        What the columns may hold: labels, or outputs.

    Returns
    -------
    Table
        The columns.

    Raises
    ------
    DataError
        If an array has another number of columns, or the arrays differ in that.
    """
    import pandas as pd  # noqa: PLC0415

    outputs = [name for target in targets for name in target.names]
    labels = [
        name
        for target in targets
        for name in ([target.name] if isinstance(target, Categorical) else target.names)
    ]
    tables = {name: a[:, None] if a.ndim == 1 else a for name, a in arrays.items()}
    widths = {table.shape[1:] for table in tables.values()}
    fitting = [names for names in (labels, outputs) if widths == {(len(names),)}]
    if not fitting:
        found = ", ".join(f"{name} {array.shape}" for name, array in [*arrays.items()][:5])
        msg = (
            f"{path}: expected columns by name, among them {', '.join(sorted(ROW_NAMES))}; or an "
            f"array a video, of {len(labels)} columns ({', '.join(labels)})"
            + (f" or {len(outputs)} ({', '.join(outputs)})" if outputs != labels else "")
            + f"; found {found or 'nothing'}"
        )
        raise DataError(msg)
    lengths = [len(table) for table in tables.values()]
    frame = pd.DataFrame(np.concatenate([*tables.values()]), columns=fitting[0])
    frame.insert(0, "video", np.repeat(np.array([*tables], object), lengths))
    frame.insert(1, "frame", np.concatenate([np.arange(1, n + 1) for n in lengths]))
    return replace(table_of(frame, source=str(path)), first=1)
