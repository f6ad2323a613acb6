"""What a signature says, in words: the commands' text and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from abawkit.errors import UsageError
from abawkit.evaluation.comparability import comparable, differences
from abawkit.evaluation.recomputing import settings_of
from abawkit.evaluation.signature import FIELDS, NONE, UNKNOWN
from abawkit.protocol import CHALLENGES
from abawkit.report.render import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from abawkit.evaluation.evaluate import Report
    from abawkit.evaluation.recomputing import Checked
    from abawkit.evaluation.signature import Signature

_MEANINGS = {known.name: known.meaning for known in FIELDS}
_WORDS = {
    ("mask", "frame"): "the others of its frame too",
    ("mask", "value"): "itself alone",
    ("absent", "zero"): "as 0",
    ("absent", "skip"): "not at all",
    ("ddof", "0"): "these are population variances",
    ("pool", "frames"): "all frames of all videos",
    ("pool", "clips"): "all clips, each of them a row",
    ("missing", "refused"): "they were not",
    ("missing", "allowed"): "they were, and annotated frames without one were left out",
    ("fill", "linear"): "from the line between the neighbours",
    ("fill", "nearest"): "from the nearest frame with one",
    ("fill", "previous"): "from the last frame with one",
    ("fill", "constant"): "a constant",
    ("fill", NONE): "they have none",
    ("smooth", NONE): "no filter",
    ("thresholds", NONE): "the default",
    ("offsets", NONE): "nothing",
    ("unit", "video"): "videos",
    ("unit", "person"): "persons or recordings, each with all its videos",
}
_HASHED = {
    "list": "a hash of videos, frames and columns",
    "labels": "a hash of the values",
    "thresholds": "a hash of their text in the manifest of the run",
    "offsets": "a hash of their text in the manifest of the run",
}
_VERDICTS = {
    True: "the scores can be compared: they are of the same values, by the same rules",
    False: "the scores cannot be compared",
    None: "whether the scores can be compared cannot be told: not all that decides it is told",
}


def explain(told: Signature) -> dict[str, str]:
    """Say in words what each field of a signature tells.

    Parameters
    ----------
    told : Signature
        The signature.

    Returns
    -------
    dict of str to str
        By the field's long name, in the signature's order.
    """
    return {name: _explained(name, value) for name, value in told.fields.items()}


def _explained(name: str, value: str) -> str:
    meaning = _MEANINGS.get(name, "not known to this version of abawkit")
    if value == UNKNOWN:
        return f"{meaning}: not known, no manifest of a run tells it"
    words = [_worded(name, part) for part in value.split("+")]
    told = ", ".join(filter(None, words)) or _HASHED.get(name)
    return f"{meaning}: {told}" if told else meaning


def _worded(name: str, part: str) -> str | None:
    target, _, choice = part.rpartition(":")
    words = _WORDS.get((name, choice))
    return f"{words} ({target})" if words and target else words


def _command(told: Signature) -> str | UsageError:
    try:
        settings = settings_of(told)
    except UsageError as error:
        return error
    clips = CHALLENGES[settings.challenge].protocol.annotation.whole_clips
    for name, own in (("ddof", "0"), ("pool", "clips" if clips else "frames")):
        other = told.fields.get(name, own)
        if other != own:
            return UsageError(f"{name}:{other}: expected {name}:{own}, the only one there is")
    return settings.command


def explained_as_text(told: Signature) -> str:
    """Explain a signature to people.

    Parameters
    ----------
    told : Signature
        The signature.

    Returns
    -------
    str
        The challenge, a line a field, and the command that computes the score again.
    """
    row = CHALLENGES.get(told.challenge)
    heading = told.challenge if row is None else f"{told.challenge}: {row.protocol.score}"
    rows = [[name, _shown(told.fields[name]), words] for name, words in explain(told).items()]
    lines = table(rows, left=3)
    command = _command(told)
    again = (
        f"computed again by:\n{command}"
        if isinstance(command, str)
        else f"cannot be computed again by this version of abawkit: {command}"
    )
    return "\n\n".join(part for part in (heading, lines, again) if part)


def explained_as_json(told: Signature) -> str:
    """Explain a signature to programs.

    Parameters
    ----------
    told : Signature
        The signature.

    Returns
    -------
    str
        One object: ``challenge``, ``fields``, their ``meaning``, ``long`` and ``short``, and the
        ``command`` that computes the score again, null where this version has none.
    """
    command = _command(told)
    return _dumped({
        "challenge": told.challenge,
        "fields": dict(told.fields),
        "meaning": explain(told),
        "long": told.long,
        "short": told.short,
        "command": command if isinstance(command, str) else None,
    })


def differences_as_text(a: Signature, b: Signature) -> str:
    """Tell people in what two signatures differ.

    Parameters
    ----------
    a, b : Signature
        The signatures.

    Returns
    -------
    str
        A line a difference, those that decide marked by ``*``, and the verdict.
    """
    rows = [
        [f"{'*' if found.decides else ' '} {found.field}", *map(_shown, (found.a, found.b)),
         found.meaning]
        for found in differences(a, b)
    ]  # fmt: skip
    verdict = _VERDICTS[comparable(a, b)]
    return (
        "\n\n".join([table(rows, left=len(rows[0])), verdict])
        if rows
        else f"no difference; {verdict}"
    )


def differences_as_json(a: Signature, b: Signature) -> str:
    """Tell programs in what two signatures differ.

    Parameters
    ----------
    a, b : Signature
        The signatures.

    Returns
    -------
    str
        One object: ``a`` and ``b``, the long forms; ``differences``, each with ``field``, ``a``,
        ``b``, ``meaning`` and ``decides``; ``comparable``, null where that cannot be told.
    """
    return _dumped({
        "a": a.long,
        "b": b.long,
        "differences": [
            {"field": found.field, "a": found.a, "b": found.b, "meaning": found.meaning,
             "decides": found.decides}
            for found in differences(a, b)
        ],
        "comparable": comparable(a, b),
    })  # fmt: skip


def checked_as_text(report: Report, checked: Sequence[Checked]) -> str:
    """Tell people whether files are what a signature says.

    Parameters
    ----------
    report : Report
        The score of the files.
    checked : sequence of Checked
        Each field.

    Returns
    -------
    str
        A line a field with what is told and found, the verdict, and the score.
    """
    words = {True: "same", False: "differs", None: "cannot be told"}
    rows = [["field", "told", "found", ""]]
    rows += [[row.field, _shown(row.told), _shown(row.found), words[row.same]] for row in checked]
    wrong = refuted(checked)
    verdict = f"not the same: {', '.join(wrong)}" if wrong else "the same in all that is told"
    if not wrong and any(row.same is False for row in checked):
        verdict += ", but for the version of abawkit"
    return "\n\n".join([
        table(rows, left=len(rows[0])),
        (
            f"{verdict}\n{report.challenge.name} score of these files: {report.score:z.4f}; a "
            "signature does not tell predictions apart, compare the score"
        ),
    ])


def checked_as_json(report: Report, checked: Sequence[Checked]) -> str:
    """Tell programs whether files are what a signature says.

    Parameters
    ----------
    report : Report
        The score of the files.
    checked : sequence of Checked
        Each field.

    Returns
    -------
    str
        One object: ``score``, null if undefined; ``same``; ``fields``, each with ``field``,
        ``told``, ``found`` and ``same``, null where that cannot be told.
    """
    score = report.score
    return _dumped({
        # NaN is no JSON, and equals nothing.
        "score": score if score == score else None,  # noqa: PLR0124
        "same": not refuted(checked),
        "fields": [
            {"field": row.field, "told": row.told, "found": row.found, "same": row.same}
            for row in checked
        ],
    })


def refuted(checked: Sequence[Checked]) -> list[str]:
    """Name the fields in which files are not what a signature says.

    Parameters
    ----------
    checked : sequence of Checked
        Each field.

    Returns
    -------
    list of str
        Without the version of abawkit, which may be another one.
    """
    return [row.field for row in checked if row.same is False and row.field != "abawkit"]


def _shown(value: str | None) -> str:
    # What cannot be printed, such as what moves a terminal's cursor, as a signature has it.
    signs = "-" if value is None else value
    return "".join(
        sign if sign.isprintable() else quote(sign, errors="surrogatepass") for sign in signs
    )


def _dumped(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, allow_nan=False)
