"""What once broke a parser does so no more, and the fuzzer itself looks as it should."""

import numpy as np
import pytest

from abawkit.protocol import CHALLENGES
from tests.fuzz.fuzz import CORPUS, distinct, failure
from tests.fuzz.mutations import mutated, smaller
from tests.fuzz.parsers import PARSERS

FINDS = [
    path.relative_to(CORPUS).as_posix() for path in sorted(CORPUS.rglob("*")) if path.is_file()
]


@pytest.mark.parametrize("find", FINDS)
def test_a_former_find_is_none_any_more(find):
    parser, challenge, _ = find.split("/")
    assert failure(parser, (CORPUS / find).read_bytes(), CHALLENGES[challenge]) is None


@pytest.mark.parametrize("parser", PARSERS)
def test_a_few_wrong_files_break_no_parser(parser):
    rng = np.random.default_rng(0)
    for challenge in distinct():
        files = PARSERS[parser][1](challenge, rng)
        chosen = [files[i] for i in rng.permutation(len(files))[:3]]
        for data in (*chosen, mutated(chosen[0], files, rng)):
            assert failure(parser, data, challenge) is None


def test_a_find_is_made_small():
    assert smaller(b"a,1\nb,2\nc,x\nd,4", lambda data: b"x" in data) == b"x"
