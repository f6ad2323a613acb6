"""The arithmetic of targets, on parts made by hand."""

from dataclasses import replace

import numpy as np

from abawkit.protocol import find_challenge
from abawkit.track import Track
from submissions.conversion.parts import Part, retarget

(UNITS,) = find_challenge("au").targets
(EXPRESSION,) = find_challenge("expr").targets


def retargeted(target, other, rows):
    part = Part(source="a", target=target, tracks={"v": Track.of("v", rows)})
    return retarget(part, other).tracks["v"].values.tolist()


def test_action_units_are_found_by_their_names_in_any_order():
    backwards = replace(UNITS, names=UNITS.names[::-1])
    row = np.linspace(0, 1, 12)
    assert retargeted(backwards, UNITS, [row]) == [row[::-1].tolist()]


def test_a_class_that_a_source_does_not_know_is_never_there_nor_known_more():
    fewer = replace(EXPRESSION, names=EXPRESSION.names[2:4])
    found = retargeted(fewer, EXPRESSION, [[0.25, 0.75], [np.nan, np.nan]])
    assert found[0] == [0, 0, 0.25, 0.75, 0, 0, 0, 0]
    assert np.isnan(found[1]).all()
