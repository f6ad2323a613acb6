"""What each challenge asks for, as data."""

from abawkit.protocol.model import (
    Categorical,
    Challenge,
    Continuous,
    Edition,
    FileFormat,
    Key,
    Masking,
    MultiLabel,
    Split,
    Target,
    TaskProtocol,
    blocks,
    column_names,
)
from abawkit.protocol.table import (
    CHALLENGES,
    DEFAULT_EDITION,
    EDITIONS,
    canonical,
    find_challenge,
)

__all__ = [
    "CHALLENGES",
    "DEFAULT_EDITION",
    "EDITIONS",
    "Categorical",
    "Challenge",
    "Continuous",
    "Edition",
    "FileFormat",
    "Key",
    "Masking",
    "MultiLabel",
    "Split",
    "Target",
    "TaskProtocol",
    "blocks",
    "canonical",
    "column_names",
    "find_challenge",
]
