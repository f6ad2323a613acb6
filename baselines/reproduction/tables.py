"""Tables 1 to 5 of the paper as data: what it prints, and what its published code printed.

A. V. Savchenko, "Frame-level Prediction of Facial Expressions, Valence, Arousal and Action Units
for Mobile Devices", 2022; the code is ``src/ABAW/abaw3_train.ipynb`` of
av-savchenko/face-emotion-recognition, of whose stored outputs the numbers are.

Conventions: ``paper`` and ``code`` hold one number a column as they are printed, ``-`` where
there is none. A column has a ``measure``, which is what its numbers are; ``printed`` is the
paper's head of the column where that says another thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abawkit.errors import UsageError
from baselines.reproduction import notes
from baselines.reproduction.layout import Column, Frames, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

NETWORKS = {
    "MobileNet v1": "mobilenet_7",
    "EfficientNet-B0": "enet_b0_8_best_vgaf",
    "EfficientNet-B2": "enet_b2_8",
}
"""The paper's networks, and the models whose features they stand for."""

NETWORK_NOTES = {"EfficientNet-B2": (notes.INPUT_SIZE, notes.OLD_WEIGHTS)}
"""What is to be known of a network in every table, as long as it is the model above."""

MOBILENET, B0, B2 = NETWORKS
HIDDEN = 128

FRAMES = {
    "expr": Frames(train=(585_317, 12_044), valid=(280_532, 3_698)),
    "va": Frames(train=(1_555_919, 25_265), valid=(338_755, 5_959)),
    "au": Frames(train=(1_356_861, 2_829), valid=(445_836, 9)),
    "mtl": Frames(train=(142_225, 2_666), valid=(26_876, 211)),
}

_BEST_EXPR = Row(network=B0, source="embedding", hidden=HIDDEN, paper="0.381 0.500",
                 code=".380707 .500285")  # fmt: skip

TABLE_1 = Table(
    name="table1",
    task="expr",
    title="Expressions: F1 and accuracy",
    columns=(
        Column(title="F1-score P_EXPR", measure="expr"),
        Column(title="Accuracy", measure="accuracy"),
    ),
    rows=(
        Row(network="VGGFACE", source=None, paper="0.23 -"),
        Row(network=MOBILENET, source="embedding", paper="0.285 0.398"),
        Row(network=MOBILENET, source="embedding", hidden=HIDDEN, paper="0.338 0.460"),
        Row(network=MOBILENET, source="scores", paper="0.236 0.435"),
        Row(network=MOBILENET, source="scores", hidden=HIDDEN, paper="0.286 0.433"),
        Row(network=B0, source="embedding", paper="0.307 0.428"),
        _BEST_EXPR,
        Row(network=B2, source="embedding", paper="0.305 0.412"),
        Row(network=B2, source="embedding", hidden=HIDDEN, paper="0.317 0.435"),
    ),
    notes=(notes.SELECTION, notes.TEN_EPOCHS, notes.TWO_RUNS),
)

TABLE_2 = Table(
    name="table2",
    task="expr",
    title="Expressions: F1 of each class, by the best EfficientNet-B0",
    columns=(
        Column(title="Neutral", measure="Neutral"),
        Column(title="Anger", measure="Anger"),
        Column(title="Disgust", measure="Disgust"),
        Column(title="Fear", measure="Fear"),
        Column(
            title="Happiness",
            measure="Happiness",
            notes=(notes.TRUNCATED.format(number="F1 of Happiness"),),
        ),
        Column(title="Sadness", measure="Sadness"),
        Column(title="Surprise", measure="Surprise"),
        Column(title="Other", measure="Other"),
    ),
    rows=(
        Row(
            network=B0,
            source="embedding",
            hidden=HIDDEN,
            paper="0.609 0.151 0.516 0.016 0.477 0.461 0.303 0.512",
            code=".60864 .15129 .51623 .01599 .47783 .46111 .30292 .51164",
        ),
    ),
    notes=(notes.SELECTION, notes.TEN_EPOCHS, notes.TWO_RUNS),
)

TABLE_3 = Table(
    name="table3",
    task="au",
    title="Action units: mean F1",
    columns=(
        Column(title="F1, identical threshold .5", measure="au"),
        Column(title="F1 P_AU, different thresholds", measure="au_oracle",
               notes=(notes.ORACLE,)),
        Column(title="F1, thresholds cross-validated", measure="au_validated",
               notes=(notes.VALIDATED,)),
    ),
    rows=(
        Row(network="VGGFACE", source=None, paper="- 0.39 -"),
        Row(network=MOBILENET, source="embedding",
            paper="0.473 0.524 -", code=".47297 .52391 -"),
        Row(network=MOBILENET, source="embedding", hidden=HIDDEN,
            paper="0.477 0.529 -", code=".47764 - -",
            notes=(notes.TRUNCATED.format(number="F1 at .5"),)),
        Row(network=MOBILENET, source="scores",
            paper="0.432 0.442 -", code=".43246 .44210 -"),
        Row(network=MOBILENET, source="scores", hidden=HIDDEN,
            paper="0.452 0.487 -", code=".45154 .48668 -"),
        Row(network=B0, source="embedding", paper="0.491 0.518 -",
            notes=(notes.OTHER_NETWORK,)),
        Row(network=B0, source="embedding", hidden=HIDDEN,
            paper="0.508 0.537 -", code=".507568 .536715 -"),
        Row(network=B2, source="embedding",
            paper="0.468 0.503 -", code=".46789 .50264 -"),
        Row(network=B2, source="embedding", hidden=HIDDEN,
            paper="0.482 0.512 -", code=".48210 .51210 -"),
    ),
    notes=(notes.SELECTION, notes.TWENTY_EPOCHS),
)  # fmt: skip

TABLE_4 = Table(
    name="table4",
    task="va",
    title="Valence and arousal: CCC",
    columns=(
        Column(title="CCC-Valence", measure="valence"),
        Column(title="CCC-Arousal", measure="arousal"),
        Column(title="Mean CCC P_VA", measure="va"),
    ),
    rows=(
        Row(network="VGGFACE", source=None, paper="0.31 0.17 0.24"),
        Row(network=MOBILENET, source="embedding", paper="0.303 0.449 0.376"),
        Row(network=MOBILENET, source="scores", paper="0.404 0.423 0.413"),
        Row(network=B0, source="embedding", paper="0.309 0.436 0.372"),
        Row(
            network=B0,
            source="scores",
            paper="0.429 0.496 0.463",
            code=".42975 .49796 .46386",
            notes=(notes.OTHER_RUN,),
        ),
        Row(network=B2, source="embedding", paper="0.377 0.474 0.426"),
        Row(network=B2, source="scores", paper="0.408 0.477 0.443"),
    ),
    notes=(notes.SELECTION, notes.TWENTY_EPOCHS),
)

TABLE_5 = Table(
    name="table5",
    task="mtl",
    title="Multi-task learning: sum of mean CCC, F1 of expressions and F1 of action units",
    columns=(
        Column(title="P_MTL", measure="mtl"),
        Column(title="P_VA", measure="va", printed="P_EXPR", notes=(notes.SWAPPED,)),
        Column(title="P_EXPR", measure="expr", printed="P_VA", notes=(notes.SWAPPED,)),
        Column(title="P_AU", measure="au"),
    ),
    rows=(
        Row(network="VGGFACE", source=None, paper="0.30 - - -", notes=(notes.BASELINE_SUM,)),
        Row(network=MOBILENET, source="both",
            paper="1.112 0.358 0.282 0.471", code="1.1116 .3581 .2824 .4711"),
        Row(network=MOBILENET, source="both", hidden=HIDDEN,
            paper="1.037 0.321 0.252 0.464", code="1.0368 .3213 .2519 .4636"),
        Row(network=B0, source="both",
            paper="1.123 0.386 0.283 0.455", code="1.1233 .3862 .2826 .4545"),
        Row(network=B0, source="both", hidden=HIDDEN,
            paper="1.121 0.381 0.272 0.469", code="1.1215 .3808 .2720 .4687"),
        Row(network=B2, source="both",
            paper="1.147 0.384 0.302 0.461", code="1.1468 .3837 .3022 .4608"),
        Row(network=B2, source="both", hidden=HIDDEN,
            paper="1.135 0.378 0.298 0.458", code="1.1350 .3780 .2988 .4582",
            notes=(notes.TRUNCATED.format(number="P_EXPR"),)),
        Row(network=B2, source="both", variant="oracle",
            paper="1.150 0.384 0.302 0.490", code="1.17354 .38941 .29665 .48748",
            notes=(notes.ORACLE, notes.WRONG_SUM)),
        Row(network=B2, source="both", variant="validated", paper="- - - -",
            notes=(notes.VALIDATED,)),
    ),
    notes=(notes.SELECTION, notes.TWENTY_EPOCHS),
)  # fmt: skip

TABLES = {table.name: table for table in (TABLE_1, TABLE_2, TABLE_3, TABLE_4, TABLE_5)}
"""The tables by name."""


def find_tables(names: Iterable[str]) -> list[Table]:
    """Find tables by their names.

    Parameters
    ----------
    names : iterable of str
        Keys of `TABLES`, or ``all``.

    Returns
    -------
    list of Table
        Each once, in the order given.

    Raises
    ------
    UsageError
        If there is no such table.
    """
    wanted: dict[str, Table] = {}
    for name in names:
        if name not in {*TABLES, "all"}:
            msg = f"no table {name!r}; there are {', '.join(TABLES)}, and all for all of them"
            raise UsageError(msg)
        wanted |= TABLES if name == "all" else {name: TABLES[name]}
    return list(wanted.values())
