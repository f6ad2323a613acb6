"""Files lie where the user says, and are known by the id that git gives them."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abawkit.errors import UsageError
from baselines.checkpoints import store
from baselines.checkpoints.catalogue import CHECKPOINTS
from baselines.checkpoints.store import file_path, git_blob_id, home, model_path, what_is

ROW = CHECKPOINTS["enet_b2_8.pt"]


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path))
    assert home() == tmp_path
    assert file_path(ROW) == tmp_path / "files" / "enet_b2_8.pt"
    assert model_path(ROW.name) == tmp_path / "models" / "enet_b2_8.onnx"


def test_a_tilde_is_the_users_home(monkeypatch):
    monkeypatch.setenv("ABAWKIT_HOME", "~/weights")
    assert home() == Path.home() / "weights"


@pytest.mark.parametrize("value", [None, ""])
def test_the_cache_folder_is_the_default(monkeypatch, tmp_path, value):
    monkeypatch.delenv("ABAWKIT_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("ABAWKIT_HOME", value)
    monkeypatch.setattr(store, "user_cache_path", lambda name, **_: tmp_path / name)
    assert home() == tmp_path / "abawkit"
    assert not home().exists()


@pytest.mark.parametrize("name", ["", "../secret", "a/b", "/etc/passwd"])
def test_a_models_name_leads_nowhere_else(name):
    with pytest.raises(UsageError, match="without folders"):
        model_path(name)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_the_id_is_gits(tmp_path, size):
    if shutil.which("git") is None:
        pytest.skip("no git")
    path = tmp_path / "file"
    path.write_bytes(b"\r\n" * (size // 2) + b"x" * (size % 2))
    command = ["git", "hash-object", "--no-filters", path]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert git_blob_id(path) == found


@given(content=st.binary(max_size=100))
def test_the_id_is_the_sha1_of_size_and_content(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "blob"
    path.write_bytes(content)
    expected = hashlib.sha1(b"blob %d\x00%b" % (len(content), content))  # noqa: S324 - git's
    assert git_blob_id(path) == expected.hexdigest()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git-LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"<HTML><body>Log in</body></HTML>", "web page"),
        (b"PK\x03\x04", "unknown"),
    ],
)
def test_what_servers_send_instead_is_recognised(tmp_path, content, kind):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert kind in what_is(path, git_blob_id(path))


def test_other_versions_and_files_are_recognised(tmp_path):
    path = tmp_path / "absent"
    assert what_is(path, ROW.blob) == "the published version of enet_b2_8.pt"
    assert "March 2022" in what_is(path, ROW.formerly[1].blob + "0" * 32)
