"""Two hashes of what was scored: as documented, to the byte, and the same everywhere."""

import hashlib
import struct
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit import CHALLENGES, Track, evaluate
from abawkit.evaluation.evaluate import counted
from abawkit.evaluation.fingerprint import Fingerprint
from tests.abawkit.evaluation.corpora import pair
from tests.strategies import VIDEOS, tracks

ROWS = [[0.1, 0.4], [0.3, -0.2], [-0.5, 0.6]]
EVERY = pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=CHALLENGES)


def literal(challenge, truth, predicted):
    """Follow the documentation number by number; `predicted` tells which frames are."""
    positions = labels = 0
    for video, track in truth.items():
        rows, values = [], []
        for frame, counts in enumerate(counted(challenge, track) & predicted(video), start=1):
            if counts.any():
                columns = np.flatnonzero(counts)
                rows.append(struct.pack("<II", frame, sum(2**column for column in columns)))
                values += [
                    struct.pack("<d", track.values[frame - 1, column]) for column in columns
                ]
        if rows:
            name = unicodedata.normalize("NFC", video).encode() + b"\0"
            positions += int(hashlib.sha256(name + b"".join(rows)).hexdigest(), 16)
            labels += int(hashlib.sha256(name + b"".join(values)).hexdigest(), 16)
    return [f"{number % 2**256:064x}"[:12] for number in (positions, labels)]


def hashes(report):
    fingerprint = report.total.fingerprint
    return [fingerprint.list, fingerprint.labels]


def hashes_of(*truth, challenge="abaw3-va"):
    return hashes(evaluate(challenge, truth, truth))


@EVERY
def test_they_are_what_the_documentation_says(challenge):
    truth, prediction = pair(challenge)
    report = evaluate(challenge, truth, prediction)
    assert hashes(report) == literal(challenge, truth, lambda _: True)


@EVERY
def test_what_is_not_predicted_is_not_in_them(challenge):
    truth, prediction = pair(challenge)
    del prediction["video1"]
    report = evaluate(challenge, truth, prediction, allow_missing=True)
    assert hashes(report) == literal(challenge, truth, lambda video: video != "video1")


def test_frames_that_are_predicted_in_part_are_not_in_them():
    truth = Track.of("a", ROWS)
    known = np.ones((3, 2), bool)
    known[1, 0] = False
    report = evaluate("abaw3-va", [truth], [Track.of("a", ROWS, known)], allow_missing=True)
    assert hashes(report) == hashes_of(Track.of("a", ROWS, [True, False, True]))


def test_they_are_the_same_for_ever():
    truth = [Track.of("1-30-1280x720", ROWS), Track.of("2_left", ROWS, [True, False, True])]
    assert hashes_of(*truth) == ["f13b4819f8ff", "3dc471fcb5f1"]


@given(st.lists(st.sampled_from(VIDEOS), min_size=2, unique=True), st.data())
def test_the_order_of_videos_does_not_matter(names, data):
    truth = [Track.of(name, ROWS[: 1 + index % 3]) for index, name in enumerate(names)]
    again = data.draw(st.permutations(truth))
    assert hashes_of(*truth) == hashes_of(*again)


@given(tracks(2, min_size=1), st.integers(0, 39), st.integers(0, 1))
def test_another_value_changes_the_labels_alone(track, row, column):
    values = track.values.copy()
    values[row % len(values), column] += 1
    before, after = (Fingerprint.of("a", each, track.known) for each in (track.values, values))
    assert before.list == after.list
    assert (before.labels == after.labels) == (not track.known[row % len(values), column])


@given(tracks(2, min_size=1), st.integers(0, 39), st.integers(0, 1))
def test_another_mask_changes_the_list(track, row, column):
    known = track.known.copy()
    known[row % len(known), column] ^= True
    before, after = (Fingerprint.of("a", track.values, each) for each in (track.known, known))
    assert before.list != after.list


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", ROWS, [True, True, False]), ("a", ROWS, [True, False, True])),
        (("a", ROWS, None), ("b", ROWS, None)),
        (("a", ROWS, None), ("a", [[0, 0], *ROWS], [False, True, True, True])),
    ],
    ids=["frame", "video", "shift"],
)
def test_the_list_tells_frames_and_videos_apart(first, second):
    assert hashes_of(Track.of(*first))[0] != hashes_of(Track.of(*second))[0]


def test_two_videos_that_change_names_are_not_the_same():
    one, two = (np.array(ROWS) / scale for scale in (1, 2))
    ours = hashes_of(Track.of("a", one), Track.of("b", two))
    swapped = hashes_of(Track.of("a", two), Track.of("b", one))
    assert ours[0] == swapped[0]
    assert ours[1] != swapped[1]


def test_what_is_not_annotated_adds_nothing():
    blank = [Track.of("b", ROWS, [False] * 3), Track.of("c", np.empty((0, 2)))]
    ended = Track.of("a", [*ROWS, [0, 0]], [True, True, True, False])
    assert hashes_of(ended, *blank) == hashes_of(Track.of("a", ROWS))


def test_zero_has_no_sign():
    assert hashes_of(Track.of("a", [[0.0, 0.1]])) == hashes_of(Track.of("a", [[-0.0, 0.1]]))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_name_of_a_video_is_the_same_on_every_system(form):
    accented = "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    report = hashes_of(Track.of(unicodedata.normalize(form, accented), ROWS))
    assert report == hashes_of(Track.of(accented, ROWS))


def test_names_that_only_look_alike_are_two():
    one, other = (Track.of(name, ROWS) for name in ("\N{LATIN SMALL LIGATURE FI}", "fi"))
    assert hashes_of(one)[0] != hashes_of(other)[0]


def test_a_name_that_is_no_text_is_hashed_all_the_same():
    assert hashes_of(Track.of("a\udcff", ROWS)) != hashes_of(Track.of("a", ROWS))


def test_a_fingerprint_of_nothing_is_zeros():
    assert Fingerprint() + Fingerprint() == Fingerprint()
    assert (Fingerprint().list, Fingerprint().labels) == ("0" * 12, "0" * 12)


def test_sums_wrap_around():
    most = Fingerprint(positions=2**256 - 1, values=2**256 - 1)
    assert most + Fingerprint(positions=1, values=2) == Fingerprint(positions=0, values=1)
