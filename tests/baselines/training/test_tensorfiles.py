"""Files of tensors come back as they were, and nothing in a strange one is run."""

import pytest

torch = pytest.importorskip("torch")

from abawkit.errors import ModelError  # noqa: E402
from baselines.training.tensorfiles import one_line, read_tensors, write_tensors  # noqa: E402


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "folder" / "state.pt"
    write_tensors(path, {"weights": [torch.arange(3.0)], "epoch": 4, "name": "a"})
    state = read_tensors(path, hint="")
    assert (state["epoch"], state["name"]) == (4, "a")
    assert torch.equal(state["weights"][0], torch.arange(3.0))
    assert [file.name for file in path.parent.iterdir()] == ["state.pt"]


class Trap:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def test_a_pickle_is_refused_unrun_and_without_advice_to_run_it(tmp_path):
    torch.save(Trap(), tmp_path / "state.pt")
    with pytest.raises(ModelError, match=r"state\.pt: cannot read .* no file of tensors; try x"):
        read_tensors(tmp_path / "state.pt", hint="try x")


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_a_strange_file_is_told_in_one_line(content, tmp_path):
    path = tmp_path / "state.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"state\.pt: cannot read this checkpoint") as caught:
        read_tensors(path, hint="try x")
    assert len(str(caught.value).splitlines()) == 1


def test_a_long_message_is_shortened():
    assert one_line(ValueError("many\n  words " * 50)).endswith("many words many ...")
    assert len(one_line(ValueError("many\n  words " * 50))) <= 200
    assert one_line(ValueError()) == "ValueError"
