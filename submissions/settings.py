"""What a manifest tells of a run beside its videos: what made it, and how labels were made."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from abawkit.errors import DataError, UsageError
from abawkit.evaluation.files import MANIFEST, REFINING
from abawkit.protocol import find_challenge
from submissions.decide import Processing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What of a model only tells how it was computed.
_MEANS = {"provider", "features"}


def model_name(model: Mapping[str, Any]) -> str:
    """Name what made a run.

    Parameters
    ----------
    model : mapping
        The identity in the manifest.

    Returns
    -------
    str
        Model and head, and a hash of all that decides the outputs: the same whatever computed
        them.
    """
    decides = json.loads(json.dumps(model, sort_keys=True), object_pairs_hook=_without_means)
    digest = hashlib.sha256(json.dumps(decides).encode()).hexdigest()
    told = " + ".join(str(model[key]) for key in ("model", "head") if model.get(key))
    return f"{told or 'model'} [{digest[:8]}]"


def _without_means(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name not in _MEANS}


def read_processing(manifest: Mapping[str, Any], *, where: Path | str = MANIFEST) -> Processing:
    """Read how the labels of a run were made.

    Parameters
    ----------
    manifest : mapping
        The manifest.
    where : Path or str
        Its file, for the message.

    Returns
    -------
    Processing
        The settings, by default where it does not tell.

    Raises
    ------
    DataError
        If they cannot be understood.
    """
    labels = manifest.get(REFINING, manifest.get("labels", {}))
    names = ("fill", "smooth", "thresholds", "offsets")
    try:
        settings: Any = {name: str(labels[name]) for name in names if name in labels}
        return Processing.parse(find_challenge(manifest["challenge"]), **settings)
    except (TypeError, UsageError) as error:
        msg = f"{where}: cannot understand how the labels were made, {labels!r}: {error}"
        raise DataError(msg) from error
