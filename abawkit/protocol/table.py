"""The table of challenges: a new edition is a new row here, and nothing anywhere else.

Conventions: a constant such as ``VA_5`` is a task as the 5th edition asked for it and the later
ones still do. Sources are public repositories (``owner/name``) and papers; what none of them
confirms is in ``unconfirmed``, with the choice that was made in its place.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from abawkit.errors import UnknownChallengeError
from abawkit.protocol.model import (
    Challenge,
    Edition,
    FileFormat,
    Split,
    TaskProtocol,
    canonical,
)
from abawkit.protocol.targets import (
    ACTION_UNITS_8,
    ACTION_UNITS_12,
    AH_FRAME_KEY,
    AH_VIDEO_KEY,
    COMPOUND_EXPRESSION,
    EMI_KEY,
    ERI_KEY,
    EXPRESSION_7,
    EXPRESSION_8,
    F1_AND_ACCURACY,
    HESITANCY,
    IMAGE_LOCATION,
    LSD_KEY,
    MIMICRY,
    MTL_KEY,
    MTL_NAMES,
    REACTION,
    SYNTHETIC_EXPRESSION,
    VALENCE_AROUSAL,
    VD_KEY,
    VIOLENCE,
    keyed,
    per_video,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

README_3 = "organisers' ReadMe of the 3rd ABAW, in congvmit/ABAW2-BEAST"
LEADERBOARD_2 = "official leaderboards of the 2nd ABAW, dkollias/ABAW2-Results"
PAGE_11 = "page of the 11th ABAW, in bakinalexey/abaw-11-mtl-bah-recognition"
CCC_SCRIPT = "dkollias/Aff-Wild-models eval_script.py"
AH_RULES = "sbelharbi/ah3rd-challenge-abaw11 validate_submission.py"
AH_METRICS = "sbelharbi/bah-dataset bah_metrics.py"
HSE = "av-savchenko/face-emotion-recognition src/ABAW"
HSE_3 = f"{HSE}/abaw3_train.ipynb"
HSE_4 = f"{HSE}/abaw4_mtl_train.ipynb"
HSE_5 = f"{HSE}/abaw5_expr_va_au_train.ipynb"
HSE_6 = f"{HSE}/ABAW6"
HSE_7 = f"{HSE}/ABAW7"
HSE_8 = "sb-ai-lab/EmotiEffLib training_and_examples/ABAW/ABAW8"
MULTI_EMOTION = "wtomin/ABAW3_MultiEmotionNet"
KUHNKE = "kuhnkeF/ABAW2020TNT"

NO_SCRIPT = "no official evaluation script is public"
CCC_RULES = (
    f"{NO_SCRIPT}: the CCC is taken over all frames of all videos at once, with population"
    " moments; a frame with -5 in either value does not count"
)
F1_RULES = f"{NO_SCRIPT}: a class in neither truth nor prediction counts 0"
AU_RULES = f"{NO_SCRIPT}: a -1 hides itself only; an AU that is never positive counts 0"
PEARSON_RULES = f"{NO_SCRIPT}: a constant column leaves the score undefined"
DECIMALS = "how many decimals are asked for: 6 are written"
NO_FACE = "what to submit for frames without a face: every frame needs a valid row"
EARLY_SENTINELS = "the marks of unannotated values: -5 and -1, as from the 3rd edition on"
UPLOAD_NAME = "the name of the submitted file: predictions.txt"
ANNOTATION_LAYOUT = "the layout of the annotations: as that of submissions"
ANNOTATION_NAME = "the name of the annotation file: annotations with the submission's suffix"
NO_SENTINEL = "whether labels can be unannotated: -1 is taken for that"
TRIALS_INFERRED = (
    "how many submissions a team may send: inferred from other editions, and from what teams sent"
)
PACKING_INFERRED = (
    "how files are packed: a zip without folders, for neither its name nor theirs is prescribed"
)
SENDING = (TRIALS_INFERRED, PACKING_INFERRED)

LENGTH_LISTS = (
    "the numbers of frames in {VA,Expr}_Challenge_video_and_total_number_of_frames.txt, which"
    " stand in prose: they are not read"
)

Size = tuple[int | None, int | None]
"""Videos and rows of a part of the data, None where unknown."""


def parts(source: str, **sizes: Size) -> tuple[Split, ...]:
    """List the sizes of the parts of the data.

    Parameters
    ----------
    source : str
        Where the counts stand.
    **sizes : tuple of int or None
        Videos and rows of ``train``, ``validation`` and ``test``, as far as known.

    Returns
    -------
    tuple of Split
        The parts with a size, in this order.
    """
    return tuple(
        Split(name=name, videos=sizes[name][0], rows=sizes[name][1], source=source)
        for name in ("train", "validation", "test")
        if name in sizes
    )


def counted(protocol: TaskProtocol, *names: str) -> TaskProtocol:
    """Keep the rows of some parts only, where a later edition gave just its videos.

    Parameters
    ----------
    protocol : TaskProtocol
        A task whose parts have rows.
    *names : str
        The parts that keep them.

    Returns
    -------
    TaskProtocol
        The task, with the rows of the other parts unknown.
    """
    splits = (s if s.name in names else replace(s, rows=None) for s in protocol.splits)
    return replace(protocol, splits=tuple(splits))


VA_3 = TaskProtocol(
    task="va",
    title="Valence-Arousal Estimation",
    targets=(VALENCE_AROUSAL,),
    score="mean of the CCC of valence and of arousal",
    annotation=per_video(VALENCE_AROUSAL),
    submission=per_video(VALENCE_AROUSAL),
    splits=parts(
        f"{HSE_3}; training videos by subtraction from the total",
        train=(341, 1_581_184),
        validation=(71, 344_714),
        test=(152, None),
    ),
    sources=(README_3, CCC_SCRIPT, HSE_3, MULTI_EMOTION, "VincentKaras/abaw3_rnn_attn"),
    unconfirmed=(CCC_RULES, DECIMALS, NO_FACE, *SENDING),
)
EXPR_3 = TaskProtocol(
    task="expr",
    title="Expression Classification",
    targets=(EXPRESSION_8,),
    score="macro F1 over 8 classes",
    annotation=per_video(EXPRESSION_8),
    submission=per_video(EXPRESSION_8),
    splits=parts(HSE_3, train=(248, 597_361), validation=(70, 284_230), test=(228, None)),
    sources=(README_3, HSE_3, MULTI_EMOTION, "th2l/Affwild2-ABAW3-ActionUnit"),
    unconfirmed=(F1_RULES, NO_FACE, *SENDING),
)
AU_3 = TaskProtocol(
    task="au",
    title="Action Unit Detection",
    targets=(ACTION_UNITS_12,),
    score="mean F1 over 12 action units",
    annotation=per_video(ACTION_UNITS_12),
    submission=per_video(ACTION_UNITS_12),
    splits=parts(
        f"{HSE_3}; training videos by subtraction from the total",
        train=(295, 1_359_690),
        validation=(105, 445_845),
        test=(141, None),
    ),
    sources=(README_3, HSE_3, MULTI_EMOTION, "gtallec/DL_ISIR_ABAW3"),
    unconfirmed=(AU_RULES, NO_FACE, *SENDING),
)
MTL_3 = TaskProtocol(
    task="mtl",
    title="Multi-Task Learning",
    targets=(VALENCE_AROUSAL, EXPRESSION_8, ACTION_UNITS_12),
    score="mean CCC + macro F1 over 8 classes + mean F1 over 12 action units",
    annotation=selected(keyed("validation_set.txt", MTL_KEY, *MTL_NAMES)),
    submission=selected(keyed("MTL_predictions.txt", MTL_KEY, *MTL_NAMES)),
    splits=parts(
        f"{HSE_3}; annotated rows with and without an image",
        train=(None, 144_891),
        validation=(None, 27_087),
        test=(None, 51_245),
    ),
    sources=(README_3, PAGE_11, HSE_3, MULTI_EMOTION, "1980x/ABAW2022DMACS"),
    unconfirmed=(CCC_RULES, F1_RULES, AU_RULES, DECIMALS, *SENDING),
)

VA_1 = replace(
    VA_3,
    splits=parts(f"label files counted in {KUHNKE}", validation=(145, None), test=(139, None)),
    sources=(KUHNKE, "wtomin, code of the 1st ABAW", "pablovin/FaceChannel-AffWIld2"),
    unconfirmed=(*VA_3.unconfirmed, EARLY_SENTINELS),
)
EXPR_1 = replace(
    EXPR_3,
    targets=(EXPRESSION_7,),
    score="0.67 macro F1 over 7 classes + 0.33 accuracy",
    annotation=per_video(EXPRESSION_7),
    submission=per_video(EXPRESSION_7),
    splits=parts(f"{KUHNKE}; another team counts 222", test=(223, None)),
    sources=(KUHNKE, "wtomin, code of the 1st ABAW", "zerosansan/fg2020_abaw"),
    unconfirmed=(*EXPR_3.unconfirmed, EARLY_SENTINELS),
)
AU_1 = replace(
    AU_3,
    targets=(replace(ACTION_UNITS_8, summarise=F1_AND_ACCURACY),),
    score="0.5 mean F1 over 8 action units + 0.5 accuracy over all frames and units",
    annotation=per_video(ACTION_UNITS_8),
    submission=per_video(ACTION_UNITS_8),
    splits=parts(KUHNKE, test=(14, None)),
    sources=(KUHNKE, "wtomin, code of the 1st ABAW"),
    unconfirmed=(
        *AU_3.unconfirmed,
        EARLY_SENTINELS,
        "that accuracy counts single values: taken from the 2nd edition's leaderboards",
    ),
)
VA_2 = replace(VA_1, splits=(), trials=7, sources=(LEADERBOARD_2, "sucv/ABAW2"))
EXPR_2 = replace(
    EXPR_1,
    splits=(),
    trials=7,
    sources=(LEADERBOARD_2, "sucv/ABAW2", "ratkhohieu/ABAW2021"),
)
AU_2 = replace(
    AU_3,
    targets=(replace(ACTION_UNITS_12, summarise=F1_AND_ACCURACY),),
    score="0.5 mean F1 over 12 action units + 0.5 accuracy over all frames and units",
    splits=(),
    trials=7,
    sources=(LEADERBOARD_2, "sucv/ABAW2"),
    unconfirmed=(*AU_3.unconfirmed, EARLY_SENTINELS),
)

MTL_4 = replace(
    MTL_3,
    annotation=replace(MTL_3.annotation, file="validation_set_annotations.txt"),
    splits=parts(
        f"{HSE_4} and {HSE_7}; usable rows, of 142,382 in the training file",
        train=(None, 142_333),
        validation=(None, 26_876),
        test=(None, 51_159),
    ),
    sources=(PAGE_11, HSE_4, "khanhnd185/MTL-ABAW4", "1980x/ABAW2022DMACS"),
    unconfirmed=(*MTL_3.unconfirmed, "the name of the submitted file: MTL_predictions.txt"),
)
LSD_4 = TaskProtocol(
    task="lsd",
    title="Learning from Synthetic Data",
    targets=(SYNTHETIC_EXPRESSION,),
    score="macro F1 over 6 classes",
    annotation=keyed("annotations.txt", LSD_KEY, "expression"),
    submission=keyed("predictions.txt", LSD_KEY, "expression"),
    splits=parts(
        f"{HSE}/abaw4_lsd_train.ipynb; training images are synthetic",
        train=(None, 277_251),
        validation=(None, 4_670),
        test=(None, 106_120),
    ),
    sources=(f"{HSE}/abaw4_lsd_train.ipynb", "khanhnd185/LSD-ABAW4", "arXiv:2207.09748"),
    unconfirmed=(
        F1_RULES,
        UPLOAD_NAME,
        ANNOTATION_LAYOUT,
        ANNOTATION_NAME,
        NO_SENTINEL,
        *SENDING,
    ),
)

VA_5 = replace(
    VA_3,
    submission=keyed("predictions.txt", IMAGE_LOCATION, *VALENCE_AROUSAL.names),
    splits=parts(
        f"arXiv:2403.13659 and {HSE_5}",
        train=(356, 1_680_144),
        validation=(76, 382_021),
        test=(162, 927_210),
    ),
    sources=(README_3, CCC_SCRIPT, HSE_5, HSE_6, "DresvyanskiyDenis/ABAW_2024"),
    unconfirmed=(*VA_3.unconfirmed, UPLOAD_NAME),
)
EXPR_5 = replace(
    EXPR_3,
    submission=keyed("predictions.txt", IMAGE_LOCATION, *EXPRESSION_8.names),
    splits=parts(
        f"{HSE_5}; training and validation as in the 3rd edition",
        train=(248, 597_361),
        validation=(70, 284_230),
        test=(228, 1_022_655),
    ),
    sources=(README_3, HSE_5, HSE_6, "FulgenceWen/ABAW6th", "namho-96/ABAW2024"),
    unconfirmed=(*EXPR_3.unconfirmed, UPLOAD_NAME),
)
AU_5 = replace(
    AU_3,
    submission=keyed("predictions.txt", IMAGE_LOCATION, *ACTION_UNITS_12.names),
    splits=parts(
        f"{HSE_5}; training and validation videos as in the 3rd edition",
        train=(295, 1_359_523),
        validation=(105, 445_845),
        test=(141, 729_736),
    ),
    sources=(README_3, HSE_5, HSE_6, "namho-96/ABAW2024"),
    unconfirmed=(*AU_3.unconfirmed, UPLOAD_NAME),
)
ERI_5 = TaskProtocol(
    task="eri",
    title="Emotional Reaction Intensity Estimation",
    targets=(REACTION,),
    score="mean Pearson correlation over 7 emotions",
    annotation=keyed("annotations.csv", ERI_KEY, *REACTION.names),
    submission=keyed("predictions.csv", ERI_KEY, *REACTION.names),
    sources=("HKUST-NISL/ABAW5 tools/cal_pcc.py", "FuxiVirtualHuman/ABAW5", "arXiv:2303.09240"),
    unconfirmed=(
        PEARSON_RULES,
        "the header of submissions: File_ID and the names, as in the annotations",
        "the names of both files: predictions.csv and annotations.csv",
        DECIMALS,
        NO_SENTINEL,
        *SENDING,
    ),
)

CE_6 = TaskProtocol(
    task="ce",
    title="Compound Expression Recognition",
    targets=(COMPOUND_EXPRESSION,),
    score="macro F1 over 7 compound classes",
    annotation=keyed("annotations.txt", IMAGE_LOCATION, *COMPOUND_EXPRESSION.names),
    submission=keyed("predictions.txt", IMAGE_LOCATION, *COMPOUND_EXPRESSION.names),
    splits=parts(f"{HSE_6}/cexpr.ipynb and {HSE_7}/cexpr.ipynb", test=(56, 26_145)),
    sources=(f"{HSE_6}/cexpr.ipynb", f"{HSE_7}/cexpr.ipynb", "FuxiVirtualHuman/ABAW6"),
    unconfirmed=(
        F1_RULES,
        UPLOAD_NAME,
        ANNOTATION_LAYOUT,
        ANNOTATION_NAME,
        NO_SENTINEL,
        *SENDING,
    ),
)
EMI_6 = TaskProtocol(
    task="emi",
    title="Emotional Mimicry Intensity Estimation",
    targets=(MIMICRY,),
    score="mean Pearson correlation over 6 emotions",
    annotation=keyed("annotations.csv", EMI_KEY, *MIMICRY.names),
    submission=keyed("predictions.csv", EMI_KEY, *MIMICRY.names),
    sources=(f"{HSE_6}/eri.ipynb", f"{HSE_8}/emi.ipynb", "arXiv:2403.11757"),
    unconfirmed=(
        PEARSON_RULES,
        "the names of both files: predictions.csv and annotations.csv",
        ANNOTATION_LAYOUT,
        DECIMALS,
        NO_SENTINEL,
        *SENDING,
    ),
)
EMI_8 = replace(EMI_6, splits=parts(f"{HSE_8}/emi.ipynb", test=(4_586, 4_586)))
EMI_10 = replace(EMI_6, sources=(*EMI_6.sources, "ZZZRamsey/CVPR_2026_ABAW_10th_EMI"))

AH_LABELS = (
    "the names of the two classes: No A/H is 0 and A/H is 1",
    "the annotation file: annotations.txt, laid out as submissions without probabilities",
    "the transcripts in the organisers' split files: they are not read",
    NO_SENTINEL,
)
AH_8 = TaskProtocol(
    task="ah",
    title="Ambivalence/Hesitancy Recognition",
    targets=(HESITANCY,),
    score="macro F1 over 2 classes, of frames",
    annotation=keyed("annotations.txt", AH_FRAME_KEY),
    submission=replace(keyed("trial-1.txt", AH_FRAME_KEY), numbered=True),
    splits=parts(f"{HSE_8}/bah.ipynb", test=(280, 169_479)),
    sources=(f"{HSE_8}/bah.ipynb", AH_METRICS, "sbelharbi/sbelharbi.github.io"),
    unconfirmed=("how F1 is averaged: over both classes alike", *AH_LABELS, *SENDING),
)
AH_10 = replace(
    AH_8,
    score="macro F1 over 2 classes, of videos",
    annotation=keyed("annotations.txt", AH_VIDEO_KEY),
    submission=FileFormat(
        file="trial-0.txt", header=None, key=AH_VIDEO_KEY, probabilities=True, numbered=True
    ),
    splits=parts(
        "sbelharbi/bah-dataset, which also has a public test part of 525 videos;"
        " private test part as in aislan11110",
        train=(778, None),
        validation=(124, None),
        test=(161, 161),
    ),
    trials_confirmed=True,
    sources=(AH_RULES, AH_METRICS, "sbelharbi/sbelharbi.github.io", "LEYA-HSE/ABAW10-BAH"),
    unconfirmed=AH_LABELS,
)
AH_11 = replace(
    AH_10,
    splits=parts(
        f"{PAGE_11}, with a public test part of 525 videos; private test part as in {AH_RULES}",
        train=(778, None),
        validation=(124, None),
        test=(152, 152),
    ),
    sources=(PAGE_11, AH_RULES, AH_METRICS, "wmivikas/ABAW2026-Task2-ECCV"),
)
MTL_7 = replace(
    MTL_4,
    sources=(PAGE_11, f"{HSE_7}/mtl.ipynb", "cprl-team/MTL-ABAW-11th", "arXiv:2407.03835"),
    unconfirmed=(*MTL_4.unconfirmed, "the name of the annotation file: as in the 4th edition"),
)
VD_10 = TaskProtocol(
    task="vd",
    title="Fine-Grained Violence Detection",
    targets=(VIOLENCE,),
    score="macro F1 over violent and non-violent frames",
    annotation=keyed("{video}.csv", VD_KEY, "Label"),
    submission=keyed("{video}.csv", VD_KEY, "Label"),
    trials_confirmed=True,
    sources=("kdtsypliakova/ABAW-10-Violence-Detection", "arXiv:2605.27451"),
    unconfirmed=(
        F1_RULES,
        "the name of the second column: Label, though Predicted_Label is also reported",
        "the names of the two classes: Non-violence is 0 and Violence is 1",
        ANNOTATION_LAYOUT,
        NO_SENTINEL,
    ),
)

NOT_CHECKED = "the number of the reference, which was not checked against the paper"

EDITIONS = (
    Edition(
        number=1,
        venue="FG 2020",
        reference="arXiv:2001.11409",
        protocols=(VA_1, EXPR_1, AU_1),
        unconfirmed=(LENGTH_LISTS,),
    ),
    Edition(
        number=2,
        venue="ICCV 2021",
        reference="arXiv:2106.15318",
        protocols=(VA_2, EXPR_2, AU_2),
    ),
    Edition(
        number=3,
        venue="CVPR 2022",
        reference="arXiv:2202.10659",
        protocols=(VA_3, EXPR_3, AU_3, MTL_3),
    ),
    Edition(
        number=4,
        venue="ECCV 2022",
        reference="arXiv:2207.01138",
        protocols=(MTL_4, LSD_4),
        unconfirmed=(NOT_CHECKED,),
    ),
    Edition(
        number=5,
        venue="CVPR 2023",
        reference="arXiv:2303.01498",
        protocols=(VA_5, EXPR_5, AU_5, ERI_5),
        unconfirmed=(NOT_CHECKED,),
    ),
    Edition(
        number=6,
        venue="CVPR 2024",
        reference="arXiv:2402.19344",
        protocols=(
            counted(VA_5, "test"),
            counted(EXPR_5, "test"),
            counted(AU_5, "test"),
            CE_6,
            EMI_6,
        ),
    ),
    Edition(
        number=7,
        venue="ECCV 2024",
        reference="arXiv:2407.03835",
        protocols=(MTL_7, CE_6),
    ),
    Edition(
        number=8,
        venue="CVPR 2025",
        reference="figshare 28524563",
        protocols=(counted(VA_5), counted(EXPR_5), counted(AU_5), EMI_8, AH_8),
        unconfirmed=("whether the CE challenge ran: it has no row",),
    ),
    Edition(
        number=9,
        venue="ICCV 2025",
        reference="affective-behavior-analysis-in-the-wild.github.io/9th",
        protocols=(counted(VA_5),),
        unconfirmed=(
            "what the other two of the three challenges were: only VA has a row",
            "the organisers' paper: the page of the edition is given",
        ),
    ),
    Edition(
        number=10,
        venue="CVPR 2026",
        reference="arXiv:2605.27451",
        protocols=(counted(VA_5), counted(EXPR_5), counted(AU_5), VD_10, EMI_10, AH_10),
    ),
    Edition(
        number=11,
        venue="ECCV 2026",
        reference="OpenReview Tmhm0UQzjt",
        protocols=(MTL_7, AH_11),
    ),
)
DEFAULT_EDITION = 3


def by_name(editions: Iterable[Edition]) -> dict[str, Challenge]:
    """List the challenges of some editions.

    Parameters
    ----------
    editions : iterable of Edition
        The rows of the table.

    Returns
    -------
    dict of str to Challenge
        Each task of each edition by its name, e.g. ``abaw6-va``, in the order of the table.
    """
    rows = (Challenge(edition=row, protocol=task) for row in editions for task in row.protocols)
    return {challenge.name: challenge for challenge in rows}


CHALLENGES = by_name(EDITIONS)
KEY_COLUMNS = frozenset(
    layout.key.column
    for row in CHALLENGES.values()
    for layout in row.protocol.layouts
    if layout.key is not None and layout.key.column is not None
)
"""What the first column is called in headers."""


def owners_of(header: str) -> list[Challenge]:
    """Tell to which challenges files with a header belong.

    Parameters
    ----------
    header : str
        The first line of a file, to the letter.

    Returns
    -------
    list of Challenge
        Those whose annotations or submissions have it, in the order of the table.
    """
    return [
        row
        for row in CHALLENGES.values()
        if header in {layout.header for layout in row.protocol.layouts}
    ]


def challenges_of(task: str | None = None, edition: int | None = None) -> list[Challenge]:
    """List the challenges that may be asked for.

    Parameters
    ----------
    task : str, optional
        The task or the name of a challenge, in upper or lower case; by default any.
    edition : int, optional
        Number of the edition; by default any.

    Returns
    -------
    list of Challenge
        Those that are, at least one, in the order of the table.

    Raises
    ------
    UnknownChallengeError
        If there is none; the message tells what there is.
    """
    rows = [row for row in CHALLENGES.values() if row.is_asked(task, edition)]
    return rows or [find_challenge(task or "", edition)]


def find_challenge(name_or_task: str, edition: int | None = None) -> Challenge:
    """Look one challenge up, by its name or by its task and edition.

    Parameters
    ----------
    name_or_task : str
        A name such as ``abaw6-va`` or a task such as ``va``, in upper or lower case.
    edition : int, optional
        Number of the edition; by default the one in the name, or else `DEFAULT_EDITION`.

    Returns
    -------
    Challenge
        The row of the table.

    Raises
    ------
    UnknownChallengeError
        If there is no such edition, or no such task in it, or the name is of another edition;
        the message tells what there is.

    Examples
    --------
    >>> find_challenge("abaw6-va").edition.venue
    'CVPR 2024'
    >>> find_challenge("AU").name
    'abaw3-au'
    >>> find_challenge("lsd")
    Traceback (most recent call last):
        ...
    abawkit.errors.UnknownChallengeError: edition 3 has no task 'lsd'; it is in edition 4
    """
    text = canonical(name_or_task)
    named = re.fullmatch(r"abaw([0-9]{1,3})-(.+)", text)
    asked = DEFAULT_EDITION if edition is None else edition
    task, number = (named[2], int(named[1])) if named else (text, asked)
    if edition not in {None, number}:
        msg = f"{name_or_task!r} is of edition {number}, but edition {edition} was asked for"
        raise UnknownChallengeError(msg)
    name = f"abaw{number}-{task}"
    if name not in CHALLENGES:
        raise UnknownChallengeError(_unknown(task, number))
    return CHALLENGES[name]


def _unknown(task: str, number: int) -> str:
    """Say what there is instead of a task of an edition.

    Parameters
    ----------
    task : str
        What was asked for.
    number : int
        The edition in which it was asked for.

    Returns
    -------
    str
        The editions or tasks that exist, with a near match where there is one.
    """
    tasks = {edition.number: [row.task for row in edition.protocols] for edition in EDITIONS}
    if number not in tasks:
        return f"there is no edition {number}; there are {', '.join(map(str, tasks))}"
    home = [str(edition) for edition, names in tasks.items() if task in names]
    if home:
        return f"edition {number} has no task {task!r}; it is in edition {', '.join(home)}"
    known = {name for names in tasks.values() for name in names}
    near = get_close_matches(task, [*sorted(known), *CHALLENGES], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"edition {number} has no task {task!r}; it has {', '.join(tasks[number])}{hint}"


__all__ = [
    "CHALLENGES",
    "DEFAULT_EDITION",
    "EDITIONS",
    "KEY_COLUMNS",
    "TRIALS_INFERRED",
    "by_name",
    "challenges_of",
    "find_challenge",
    "owners_of",
]
