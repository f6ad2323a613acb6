"""A file under its own name is whole and the right one, whatever happens on the way to it."""

import errno
import fcntl
import hashlib
import os
import random
from dataclasses import replace

import pytest

from abawkit.errors import DataError, UsageError
from baselines.checkpoints import download
from baselines.checkpoints.catalogue import BUNDLED, CHECKPOINTS, Former
from baselines.checkpoints.download import by_hand, pull, pull_all, verify
from baselines.checkpoints.store import file_path, git_blob_id
from tests.baselines.checkpoints.servers import content, interrupt, served, status

DATA = random.Random(1).randbytes(30_000)  # noqa: S311 - no secret
OLD = b"an earlier version"


def blob(data):
    return hashlib.sha1(b"blob %d\x00%b" % (len(data), data)).hexdigest()  # noqa: S324 - git's


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, served() as running:
        patch.setenv("NO_PROXY", "*")
        yield running


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ABAWKIT_HOME", str(tmp_path))
    for name in ("ABAWKIT_MIRROR", "ABAWKIT_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def row(server, monkeypatch):
    """Give a published file, of small content, on the loopback."""
    published = replace(
        CHECKPOINTS["enet_b0_7.pt"],
        url=f"{server.url}/models/enet_b0_7.pt?raw=true",
        blob=blob(DATA),
        formerly=(Former(blob=blob(OLD)[:8], what="of old"),),
    )
    monkeypatch.setattr(
        "baselines.checkpoints.catalogue.CHECKPOINTS", {**CHECKPOINTS, published.file: published}
    )
    monkeypatch.setattr(download, "CHECKPOINTS", {published.file: published})
    return published


@pytest.fixture
def notes():
    return []


@pytest.fixture
def get(row, notes):
    def call(checkpoint=row, **options):
        options = {"note": notes.append, "backoff": 0, "retries": 2, "timeout": 5, **options}
        return pull(checkpoint, **options)

    return call


def test_a_pulled_file_is_the_published_one(server, row, get, folder, notes):
    server.expect(content(DATA))
    assert get() == file_path(row)
    assert file_path(row).read_bytes() == DATA
    assert {path.name for path in folder.iterdir()} == {row.file, ".lock"}
    assert server.asked[0][0] == "/models/enet_b0_7.pt?raw=true"
    assert "VGGFace2 and AffectNet" in notes[0]
    assert "research only" in notes[0]


def test_a_file_that_is_right_is_not_fetched_again(server, row, get, notes):
    file_path(row).write_bytes(DATA)
    server.expect(status(500))
    assert get() == file_path(row)
    assert server.asked == []
    assert notes == []


def test_a_file_that_is_wrong_is_reported_and_replaced(server, row, get, notes):
    file_path(row).write_bytes(OLD)
    server.expect(content(DATA))
    get()
    assert file_path(row).read_bytes() == DATA
    assert "earlier version (of old) of enet_b0_7.pt" in notes[0]


def test_a_wrong_file_stays_if_no_better_one_comes(server, row, get):
    file_path(row).write_bytes(OLD)
    server.expect(status(404))
    with pytest.raises(DataError):
        get()
    assert file_path(row).read_bytes() == OLD


def test_a_missing_file_says_where_else_to_look(server, row, get):
    server.expect(status(404))
    with pytest.raises(DataError) as caught:
        get()
    assert str(caught.value).splitlines() == [
        "enet_b0_7.pt: the server answered 404 Not Found",
        "try a mirror: --mirror ADDRESS, or ABAWKIT_MIRROR",
        f"fetch it by hand: {row.url}",
        f"put it at: {file_path(row)}",
        f"its git blob id must be: {row.blob}",
        "check it with: abawkit models verify enet_b0_7.pt",
    ]


def test_a_mirror_that_lacks_the_file_is_named(server, row, get):
    server.expect(status(404))
    with pytest.raises(DataError) as caught:
        get(mirror=f"{server.url}/weights")
    first = f"enet_b0_7.pt from {server.url}/weights: the server answered 404 Not Found"
    assert str(caught.value) == f"{first}\n{by_hand(row)}"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git-LFS pointer"),
        (b"<!doctype html>", "web page"),
        (b"", "empty"),
        (OLD, "earlier version"),
        (DATA[:-1], "unknown"),
        (DATA + b"x", "unknown"),
    ],
)
def test_another_file_never_gets_the_name(server, row, get, sent, kind):
    server.expect(content(sent))
    with pytest.raises(DataError, match=f"expected the git blob id {row.blob}") as caught:
        get()
    assert blob(sent) in str(caught.value)
    assert kind in str(caught.value)
    assert [path.name for path in file_path(row).parent.iterdir()] == [".lock"]
    assert len(server.asked) == 1


def test_an_interrupted_download_goes_on_at_the_next_call(server, row, get, folder):
    server.expect(content(DATA, cut=20_000, then=interrupt), content(DATA))
    with pytest.raises(KeyboardInterrupt):
        get()
    assert 0 < (folder / "enet_b0_7.pt.part").stat().st_size <= 20_000
    get()
    assert file_path(row).read_bytes() == DATA
    assert server.ranges()[1] is not None


@pytest.mark.parametrize("rest", [DATA[::-1][:9_000], DATA + b"surplus"])
def test_pieces_that_do_not_fit_are_fetched_again_once(server, row, get, notes, rest):
    file_path(row).with_suffix(".pt.part").write_bytes(rest)
    server.expect(content(DATA))
    get()
    assert file_path(row).read_bytes() == DATA
    assert server.ranges() == [f"bytes={len(rest)}-", None]
    assert "once more from the start" in notes[-1]


def test_pieces_of_another_file_are_an_error_in_the_end(server, get, folder):
    (folder / "enet_b0_7.pt.part").write_bytes(b"x")
    server.expect(content(OLD))
    with pytest.raises(DataError, match="what came is an earlier version"):
        get()
    assert len(server.asked) == 2
    assert not (folder / "enet_b0_7.pt.part").exists()


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_mirror_has_the_file_under_its_name(server, get, slash):
    server.expect(content(DATA))
    get(mirror=f"{server.url}/weights{slash}")
    assert server.asked[0][0] == "/weights/enet_b0_7.pt"


def test_the_environment_names_a_mirror(server, get, monkeypatch):
    monkeypatch.setenv("ABAWKIT_MIRROR", f"{server.url}/mine")
    server.expect(content(DATA))
    get()
    assert server.asked[0][0] == "/mine/enet_b0_7.pt"


def test_a_mirror_that_is_no_address_is_told(get):
    with pytest.raises(UsageError, match=r"found folder/enet_b0_7\.pt"):
        get(mirror="folder")


@pytest.mark.parametrize(("offline", "value"), [(True, ""), (False, "1"), (False, "yes")])
def test_offline_says_what_to_do_by_hand(row, get, monkeypatch, offline, value):
    monkeypatch.setenv("ABAWKIT_OFFLINE", value)
    monkeypatch.setattr(download, "fetch", None)
    with pytest.raises(DataError) as caught:
        get(offline=offline)
    parts = ("offline", row.url, str(file_path(row)), row.blob, "models verify enet_b0_7.pt")
    assert all(part in str(caught.value) for part in parts)


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_the_environment_may_say_not_offline(server, get, monkeypatch, value):
    monkeypatch.setenv("ABAWKIT_OFFLINE", value)
    server.expect(content(DATA))
    assert get().read_bytes() == DATA


def test_offline_takes_what_is_there(row, get):
    file_path(row).write_bytes(DATA)
    assert get(offline=True) == file_path(row)


@pytest.fixture
def rows(row, server, monkeypatch):
    """Give two published files of the same content."""
    other = replace(row, file="enet_b2_7.pt", url=f"{server.url}/enet_b2_7.pt")
    table = {**CHECKPOINTS, row.file: row, other.file: other}
    monkeypatch.setattr("baselines.checkpoints.catalogue.CHECKPOINTS", table)
    return row, other


def test_several_files_come_in_their_order(server, rows, notes):
    server.expect(content(DATA))
    names = ["enet_b2_7.pt", "enet_b0_7"]
    assert pull_all(names, note=notes.append) == [file_path(rows[1]), file_path(rows[0])]
    assert [path for path, _ in server.asked] == ["/enet_b2_7.pt", "/models/enet_b0_7.pt?raw=true"]


def test_several_files_come_from_a_mirror(server, rows, notes):
    server.expect(content(DATA))
    pull_all([row.file for row in rows], mirror=f"{server.url}/m", note=notes.append)
    assert [path for path, _ in server.asked] == ["/m/enet_b0_7.pt", "/m/enet_b2_7.pt"]


@pytest.mark.parametrize("wrong", ["nothing", BUNDLED.name])
def test_nothing_is_fetched_if_a_name_is_wrong(server, row, notes, wrong):
    server.expect(content(DATA))
    with pytest.raises(UsageError):
        pull_all([row.file, wrong], note=notes.append)
    assert server.asked == []


@pytest.mark.parametrize(("offline", "value"), [(True, ""), (False, "1")])
def test_offline_tells_of_every_file_that_is_lacking(rows, notes, monkeypatch, offline, value):
    monkeypatch.setenv("ABAWKIT_OFFLINE", value)
    third = CHECKPOINTS["mtcnn.pb"]
    file_path(rows[0]).write_bytes(DATA)
    file_path(third).write_bytes(OLD)
    names = [row.file for row in (*rows, third)]
    with pytest.raises(DataError) as caught:
        pull_all(names, offline=offline, note=notes.append)
    lines = str(caught.value).splitlines()
    assert lines[0] == "2 of 3 files are not here, and abawkit is offline"
    assert [line for line in lines if line.endswith(":")] == ["enet_b2_7.pt:", "mtcnn.pb:"]
    assert all(by_hand(row) in str(caught.value) for row in (rows[1], third))
    assert lines[-1] == f"here and right: {file_path(rows[0])}"
    assert [note.split()[0] for note in notes] == ["wrong:"]


def test_offline_takes_several_that_are_there(rows, notes):
    for row in rows:
        file_path(row).write_bytes(DATA)
    paths = [file_path(row) for row in rows]
    assert pull_all([row.file for row in rows], offline=True, note=notes.append) == paths


def test_the_bundled_network_is_not_downloaded(get):
    with pytest.raises(UsageError, match="nothing to download"):
        get(BUNDLED)


def test_a_full_disk_says_which_folder_to_change(server, get, folder):
    if not os.path.exists("/dev/full"):  # noqa: PTH110 - no file of ours
        pytest.skip("no /dev/full")
    (folder / "enet_b0_7.pt.part").symlink_to("/dev/full")
    server.expect(content(DATA))
    with pytest.raises(DataError, match=r"part: No space left.*30,000 bytes.*ABAWKIT_HOME"):
        get()


def test_a_folder_that_cannot_be_made_is_named(get, folder, monkeypatch):
    (folder / "home").write_text("a file")
    monkeypatch.setenv("ABAWKIT_HOME", str(folder / "home"))
    with pytest.raises(DataError, match=r"cannot write .*home.*ABAWKIT_HOME"):
        get()


def test_a_folder_in_place_of_the_file_is_named(row, get):
    file_path(row).mkdir()
    with pytest.raises(DataError, match=r"cannot read .*enet_b0_7.pt: Is a directory"):
        get()


def test_two_do_not_download_at_once(server, row, get, folder):
    server.expect(status(500))
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def finish(text):
            assert "waiting for another" in text
            file_path(row).write_bytes(DATA)
            fcntl.flock(lock, fcntl.LOCK_UN)

        assert get(note=finish) == file_path(row)
    assert server.asked == []


def test_a_folder_without_locks_will_do(server, get, notes, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    server.expect(content(DATA))
    assert get().read_bytes() == DATA
    assert "no locks" in notes[0]


def test_verify_tells_right_wrong_and_absent(row):
    assert [str(found) for found in verify([row.name])] == [f"absent: {file_path(row)}"]
    file_path(row).write_bytes(DATA)
    assert [found.state for found in verify([row.file])] == ["ok"]
    file_path(row).write_bytes(OLD)
    (found,) = verify([row.file])
    assert (found.state, found.blob) == ("wrong", git_blob_id(file_path(row)))
    assert all(part in str(found) for part in ("wrong", "of old", row.blob, blob(OLD)))


def test_verify_takes_all_that_are_there(row):
    assert verify() == ()
    file_path(row).write_bytes(DATA)
    assert [found.checkpoint for found in verify()] == [row]


def test_verify_knows_no_other_names():
    with pytest.raises(UsageError, match="models list"):
        verify(["nothing"])
