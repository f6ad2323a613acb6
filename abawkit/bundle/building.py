"""Making a bundle: what ``abawkit bundle`` does.

Conventions: the format is Codabench's, version 2: ``competition.yaml`` tells where everything is,
the scoring program finds the annotations in ``/app/input/ref`` and the submission, unzipped, in
``/app/input/res``. The same options give the same bytes.
"""

from __future__ import annotations

from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from abawkit.bundle.columns import title_of
from abawkit.bundle.competition import PROGRAM, REFERENCE, as_yaml, competition, draw_logo
from abawkit.errors import DataError, UsageError
from abawkit.evaluation.bootstrap import Bootstrap
from abawkit.files import make_zip, write_whole
from abawkit.labels import read_labels
from abawkit.labels.reading import LABEL_SUFFIXES, label_files

if TYPE_CHECKING:
    from abawkit.protocol import Challenge

PYTHON = (3, 11)
NUMPY = "2.0"
IMAGE = "YOUR-ACCOUNT/abawkit-scoring:latest"
"""What ``docker_image`` is until the organisers name theirs."""
_ROOT = Path(__file__).parents[1]


def write_bundle(  # noqa: PLR0913 - one parameter an option
    out: Path,
    challenge: Challenge,
    *,
    annotations: Path | None = None,
    image: str = IMAGE,
    details: bool = False,
    force: bool = False,
) -> Path:
    """Make a bundle and write it.

    Parameters
    ----------
    out : Path
        The zip.
    challenge : Challenge
        What is scored.
    annotations : Path, optional
        The annotations to score by, a folder of label files or a file.
    image : str
        The Docker image to score in.
    details : bool
        Whether entrants see the score of each video.
    force : bool
        Whether a file that is there already is replaced.

    Returns
    -------
    Path
        The zip.

    Raises
    ------
    UsageError
        If there is such a file, or its name does not end in ``.zip``.
    AbawkitError
        If the annotations cannot be read.
    """
    if out.suffix != ".zip":
        msg = f"-o {out}: expected the name of a zip, such as {out.name or 'bundle'}.zip"
        raise UsageError(msg)
    if out.exists() and not force:
        msg = f"{out}: this is there already; --force replaces it"
        raise UsageError(msg)
    made = bundle_files(challenge, annotations=annotations, image=image, details=details)
    write_whole(out, make_zip(made))
    return out


def bundle_files(
    challenge: Challenge,
    *,
    annotations: Path | None = None,
    image: str = IMAGE,
    details: bool = False,
) -> dict[str, bytes]:
    """Make the files of a bundle.

    Parameters
    ----------
    challenge : Challenge
        What is scored.
    annotations : Path, optional
        The annotations to score by; without, organisers add them.
    image : str
        The Docker image to score in.
    details : bool
        Whether entrants see the score of each video.

    Returns
    -------
    dict of str to bytes
        The content of each file by its path in the bundle.

    Raises
    ------
    AbawkitError
        If the annotations cannot be read.
    """
    facts = _facts(challenge, image=image, details=details, given=annotations is not None)
    pages = ("README.md", "overview.md", "evaluation.md", "terms.md", "Dockerfile")
    texts = {name: _filled(name, facts) for name in pages}
    texts |= {f"{PROGRAM}/{name}": _filled(name, facts) for name in ("score.py", "metadata.yaml")}
    texts["competition.yaml"] = "\n".join(as_yaml(competition(challenge, image))) + "\n"
    if annotations is None:
        texts[f"{REFERENCE}/README.md"] = _filled("annotations.md", facts)
    made = {name: text.encode() for name, text in texts.items()}
    return made | {"logo.png": draw_logo()} | _source() | _reference(challenge, annotations)


def _reference(challenge: Challenge, annotations: Path | None) -> dict[str, bytes]:
    if annotations is None:
        return {}
    found = label_files(annotations)
    for file in found:
        # The program is given a folder, of which no other files are read.
        if file.suffix.lower() not in LABEL_SUFFIXES or file.name.startswith("."):
            msg = (
                f"{file}: a bundle's program would not read a file of this name; expected one "
                f"that ends in {' or '.join(LABEL_SUFFIXES)} and begins with no dot: rename it"
            )
            raise DataError(msg)
    read_labels(annotations, challenge)  # Here faults may be told, in the container not.
    return {f"{REFERENCE}/{file.name}": file.read_bytes() for file in found}


def _source() -> dict[str, bytes]:
    """Take abawkit as it is, and what tells its version where it is not installed.

    Returns
    -------
    dict of str to bytes
        The content of each file by its path in the bundle.
    """
    found = {
        f"{PROGRAM}/abawkit/{path.relative_to(_ROOT).as_posix()}": path.read_bytes()
        for path in _ROOT.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    released = version("abawkit")
    folder = f"{PROGRAM}/abawkit-{released}.dist-info"
    facts = f"Metadata-Version: 2.1\nName: abawkit\nVersion: {released}\n"
    found[f"{folder}/METADATA"] = facts.encode()
    licence = distribution("abawkit").read_text("licenses/LICENSE")
    return found if licence is None else {**found, f"{folder}/LICENSE": licence.encode()}


def _facts(
    challenge: Challenge, *, image: str, details: bool, given: bool
) -> dict[str, str | bool]:
    edition, protocol = challenge.edition, challenge.protocol
    layout = protocol.submission
    unit = "clip" if layout.whole_clips else "frame"
    unconfirmed = (*protocol.unconfirmed, *edition.unconfirmed)
    return {
        "name": challenge.name,
        "title": title_of(challenge),
        "task": protocol.task,
        "number": str(edition.number),
        "venue": edition.venue,
        "reference": edition.reference,
        "score": protocol.score,
        "version": version("abawkit"),
        "python": ", ".join(map(str, PYTHON)),
        "python_text": ".".join(map(str, PYTHON)),
        "numpy": NUMPY,
        "image": image,
        "unit": unit,
        "resamples": f"{Bootstrap().resamples:,}",
        "file": f"a file `{layout.file}` for each video"
        if layout.per_video
        else f"the file `{layout.file}`",
        "header": f"Its first line is `{layout.header}`."
        if layout.header
        else "It has no header.",
        "annotation": f"`{protocol.annotation.file}`",
        "unconfirmed": "\n".join(f"- {choice}" for choice in unconfirmed) or "Nothing.",
        "annotations": f"They are in `{REFERENCE}`: keep this bundle to yourselves."
        if given
        else f"Put them into `{REFERENCE}`.",
        "details": "The page of details shows the score of each video, for `--details` was given."
        if details
        else "The page of details shows no single video; `--details` would show their scores.",
        "shown": "True" if details else "False",
    }


def _filled(name: str, facts: dict[str, str | bool]) -> str:
    text = files("abawkit.bundle").joinpath("assets", f"{name}.in").read_text("utf-8")
    return Template(text).substitute(facts)
