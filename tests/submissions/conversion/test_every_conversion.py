"""What is converted says the same as before, for every row of the table and every way there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.protocol import CHALLENGES, Categorical, find_challenge
from submissions.conversion import convert, from_frame
from tests.submissions.conversion.drawing import (
    columns_of,
    convertible,
    is_clip,
    predictions,
    read,
    same,
    some_predictions,
    write,
)

PAIRS = [
    pytest.param(row, other, id=f"{row.name} to {other.name}")
    for row in CHALLENGES.values()
    for other in convertible(row)
]
EVERY = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=lambda row: row.name)


@pytest.mark.parametrize(("source", "challenge"), PAIRS)
def test_labels_are_the_same_in_every_other_layout(source, challenge, tmp_path):
    tracks = some_predictions(source)
    path = write(tmp_path / "old", tracks, source)
    outcome = convert([path], challenge, given=source, out=tmp_path / "new")
    assert same(read(outcome.out, challenge), tracks)


@settings(max_examples=30)
@given(data=st.data())
def test_labels_come_back_from_a_round_trip(data, tmp_path_factory):
    source = data.draw(st.sampled_from([*CHALLENGES.values()]))
    other = data.draw(st.sampled_from(convertible(source)))
    tracks = data.draw(predictions(source))
    folder = tmp_path_factory.mktemp("trip")
    there = convert([write(folder / "a", tracks, source)], other, given=source, out=folder / "b")
    back = convert([there.out], source, given=other, out=folder / "c")
    assert same(read(back.out, source), tracks)
    assert back.verdict.ok


@EVERY
@pytest.mark.parametrize("kind", ["csv", "tsv", "npz"])
def test_tables_of_every_challenge_are_taken(challenge, kind, tmp_path):
    tracks = some_predictions(challenge)
    columns, file = columns_of(tracks, challenge), tmp_path / f"table.{kind}"
    if kind == "npz":
        np.savez(file, **columns)
    else:
        separator = {"csv": ",", "tsv": "\t"}[kind]
        pd.DataFrame(columns).to_csv(file, index=False, sep=separator)
    outcome = convert([file], challenge, out=tmp_path / "new")
    assert same(read(outcome.out, challenge), tracks)


@EVERY
def test_an_array_a_video_is_taken(challenge, tmp_path):
    tracks = some_predictions(challenge)
    np.savez(tmp_path / "a.npz", **{video: track.values for video, track in tracks.items()})  # noqa: PD011
    outcome = convert([tmp_path / "a.npz"], challenge, out=tmp_path / "new")
    assert same(read(outcome.out, challenge), tracks)


@settings(max_examples=40)
@given(data=st.data())
def test_a_frame_gives_the_labels_in_it_whatever_its_order(data):
    challenge = data.draw(st.sampled_from([*CHALLENGES.values()]))
    tracks = data.draw(predictions(challenge))
    table = pd.DataFrame(columns_of(tracks, challenge))
    order = data.draw(st.permutations(range(len(table))))
    assert same(from_frame(table.iloc[order], challenge), tracks)


@settings(max_examples=40)
@given(data=st.data())
def test_the_most_probable_class_is_the_first_of_the_greatest(data):
    challenge = data.draw(st.sampled_from([find_challenge("expr"), find_challenge("abaw11-ah")]))
    (target,) = challenge.targets
    assert isinstance(target, Categorical)
    n_rows = 1 if is_clip(challenge) else 4
    whole = st.lists(st.integers(-3, 3), min_size=len(target.names), max_size=len(target.names))
    rows = data.draw(st.lists(whole, min_size=n_rows, max_size=n_rows))
    table = pd.DataFrame(rows, columns=list(target.names))
    table["video"], table["frame"] = "v", np.arange(1, n_rows + 1)
    found = from_frame(table.drop(columns="frame") if is_clip(challenge) else table, challenge)
    assert found["v"].values.ravel().tolist() == [  # noqa: PD011
        row.index(max(row)) for row in rows
    ]
