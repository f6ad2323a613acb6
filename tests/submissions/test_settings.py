"""A model is named by what decides its outputs; settings that make no sense name their file."""

import pytest

from abawkit.errors import DataError
from submissions.settings import model_name, read_processing


def test_a_name_is_that_of_all_that_decides_in_any_order():
    model = {"model": "m", "size": 224, "members": [{"model": "n", "provider": "cpu"}]}
    assert model_name(dict(reversed(model.items()))) == model_name(model)
    assert model_name({**model, "members": [{"model": "n"}]}) == model_name(model)
    assert model_name({**model, "size": 260}) != model_name(model)


@pytest.mark.parametrize("labels", [5, {"fill": "cubic"}, {"offsets": "1"}], ids=str)
def test_settings_that_make_no_sense_are_refused_with_their_file(labels):
    with pytest.raises(DataError, match=r"^there: cannot understand how the labels were made"):
        read_processing({"challenge": "abaw3-va", "labels": labels}, where="there")
