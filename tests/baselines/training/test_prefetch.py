"""What is read ahead comes in order, a few batches at a time."""

from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import DataError
from baselines.training.prefetch import read_ahead


@given(st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=9), st.integers(1, 4))
def test_what_is_read_ahead_comes_in_order(batches, threads):
    read = list(read_ahead(lambda index: index * 2, batches, threads=threads))
    assert read == [[index * 2 for index in batch] for batch in batches]


def test_only_a_few_batches_are_read_ahead():
    asked = []

    def batches():
        for at in range(50):
            asked.append(at)
            yield [at]

    reader = read_ahead(lambda index: index, batches(), threads=2)
    assert next(reader) == [0]
    assert len(asked) <= 4
    reader.close()
    assert len(asked) <= 4


def test_an_image_that_fails_fails_in_its_turn():
    def read(index):
        if index == 2:
            msg = "two"
            raise DataError(msg)
        return index

    reader = read_ahead(read, [[0, 1], [2], [3]], threads=2)
    assert next(reader) == [0, 1]
    with pytest.raises(DataError, match="two"):
        next(reader)


def test_images_are_read_side_by_side():
    both = [Event(), Event()]

    def read(index):
        both[index].set()
        return both[1 - index].wait(10)

    assert list(read_ahead(read, [[0, 1]], threads=2)) == [[True, True]]
