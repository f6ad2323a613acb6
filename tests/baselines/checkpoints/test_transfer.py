"""Files come whole over connections that break, stall and lie."""

import random
import re
import resource
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abawkit.errors import DataError, UsageError
from baselines.checkpoints import transfer
from baselines.checkpoints.transfer import fetch
from tests.baselines.checkpoints.servers import content, interrupt, served, silence, status

DATA = random.Random(0).randbytes(50_000)  # noqa: S311 - no secret


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, served() as running:
        patch.setenv("NO_PROXY", "*")
        yield running


@pytest.fixture
def part(tmp_path):
    return tmp_path / "file.part"


@pytest.fixture
def notes():
    return []


@pytest.fixture
def get(server, part, notes):
    def call(*, url=server.url, **options):
        return fetch(url, part, note=notes.append, **{"backoff": 0, "timeout": 5, **options})

    return call


def test_a_file_comes_in_one_go(server, part, get, notes):
    server.expect(content(DATA))
    assert not get()
    assert part.read_bytes() == DATA
    assert notes == []


def test_what_is_there_is_not_fetched_again(server, part, get):
    part.write_bytes(DATA[:30_000])
    server.expect(content(DATA))
    assert get()
    assert part.read_bytes() == DATA
    assert server.ranges() == ["bytes=30000-"]


def test_a_cut_connection_is_taken_up_again(server, part, get, notes):
    server.expect(content(DATA, cut=20_000), content(DATA))
    assert get()
    assert part.read_bytes() == DATA
    assert server.ranges()[0] is None
    assert int(server.ranges()[1].strip("bytes=-")) > 10_000
    assert re.fullmatch(r"the connection broke; [\d,]+ bytes are kept; again in 0 s", notes[0])


def test_an_attempt_that_brought_something_is_no_failure(server, part, get):
    server.expect(*[content(DATA, cut=10_000)] * 5, content(DATA))
    get(retries=0)
    assert part.read_bytes() == DATA


def test_a_server_without_ranges_starts_again(server, part, get):
    server.expect(content(DATA, cut=20_000), content(DATA, ranges=False))
    assert not get()
    assert part.read_bytes() == DATA


def test_a_file_that_changed_meanwhile_starts_again(server, part, get):
    other = DATA[::-1]
    server.expect(content(DATA, cut=20_000, etag='"1"'), content(other, etag='"2"'))
    assert not get()
    assert part.read_bytes() == other
    assert server.asked[1][1]["If-Range"] == '"1"'


def test_a_weak_tag_guards_no_range(server, get):
    server.expect(content(DATA, cut=20_000, etag='W/"1"'), content(DATA))
    get()
    assert server.asked[1][1]["If-Range"] is None


def test_a_whole_part_is_left_as_it_is(server, part, get):
    part.write_bytes(DATA)
    server.expect(content(DATA))
    assert get()
    assert part.read_bytes() == DATA


def test_another_range_than_asked_for_is_refused(server, part, get, notes):
    part.write_bytes(DATA[:9])
    server.expect(status(206, b"xyz", Content_Range="bytes 0-2/50000"), content(DATA))
    assert not get()
    assert part.read_bytes() == DATA
    assert "another range" in notes[0]


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(server, part, get, notes, code):
    server.expect(status(code, Retry_After=0), content(DATA))
    get(backoff=60)
    assert part.read_bytes() == DATA
    assert str(code) in notes[0]


@pytest.mark.parametrize("when", ["soon", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_past_or_odd_date_means_no_special_wait(server, part, get, when):
    server.expect(status(503, Retry_After=when), content(DATA))
    get()
    assert part.read_bytes() == DATA


def test_a_server_that_wants_hours_is_not_waited_for(server, get):
    server.expect(status(429, Retry_After=7200))
    with pytest.raises(DataError, match=r"429.*7200 s"):
        get()


def test_waits_double_up_to_half_a_minute(server, get, monkeypatch):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)
    server.expect(status(500))
    with pytest.raises(DataError, match=r"500.*8 times in a row"):
        get(backoff=1, retries=7)
    assert waits == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("code", [401, 403, 404, 410, 416])
def test_a_refusal_is_final(server, get, code):
    server.expect(status(code))
    with pytest.raises(DataError, match=str(code)):
        get()
    assert len(server.asked) == 1


def test_redirects_are_followed(server, part, get):
    part.write_bytes(DATA[:5])
    server.expect(status(302, Location="/there"), content(DATA))
    assert get()
    assert part.read_bytes() == DATA
    assert server.asked[1][0] == "/there"


def test_a_circle_of_redirects_ends(server, get):
    server.expect(status(302, Location="/"))
    with pytest.raises(DataError, match="redirects"):
        get()


@pytest.mark.parametrize("place", ["http://[::1", "http://x:99999/", "http://[v1.x]/"])
def test_a_redirect_to_nowhere_is_told(server, get, place):
    server.expect(status(302, Location=place))
    with pytest.raises((DataError, UsageError)):
        get(retries=0)


def test_a_length_of_thousands_of_digits_is_no_length(server, part, get):
    server.expect(status(200, DATA, Content_Length="9" * 5_000))
    get(retries=0)
    assert part.read_bytes() == DATA


def test_a_body_shorter_than_announced_is_asked_for_again(server, part, get):
    server.expect(status(200, DATA[:100], Content_Length=200), content(DATA))
    get()
    assert part.read_bytes() == DATA


def test_a_body_that_stays_short_is_an_error_in_the_end(server, get):
    server.expect(status(200, DATA[:5_000], Content_Length=6_000))
    with pytest.raises(DataError, match="broke, 3 times in a row; 4,096 bytes are kept"):
        get(retries=2)


def test_an_endless_body_is_stopped(server, get, monkeypatch):
    monkeypatch.setattr(transfer, "LARGEST", 10_000)
    server.expect(content(DATA))
    with pytest.raises(DataError, match="more than 10,000 bytes"):
        get()


@pytest.mark.parametrize("answer", [silence, content(DATA, cut=9_000, then=silence)])
def test_silence_is_not_waited_for(server, part, get, notes, answer):
    server.expect(answer, content(DATA))
    get(timeout=0.1)
    assert part.read_bytes() == DATA
    assert "silent for 0.1 s" in notes[0]


@pytest.fixture
def no_network(monkeypatch):
    """Find no name."""

    def fail(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("no_network")
def test_without_a_network_the_second_try_is_the_last(get, notes, monkeypatch):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)
    told = "nowhere.invalid is not found, or there is no network"
    with pytest.raises(DataError, match=f"^{told}, 2 times in a row$"):
        get(url="http://nowhere.invalid/file", backoff=1)
    assert waits == [1]
    assert notes == [f"{told}; again in 1 s"]


@pytest.mark.usefixtures("no_network")
def test_fewer_tries_may_be_asked_for(get, part):
    part.write_bytes(DATA[:4_096])
    with pytest.raises(DataError, match=r"^nowhere.* no network; 4,096 bytes are kept$"):
        get(url="http://nowhere.invalid/file", retries=0)


def test_the_host_that_is_not_found_is_that_of_the_redirect(server, get, monkeypatch):
    find = socket.getaddrinfo

    def fail(host, *given, **options):
        if host == "elsewhere.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return find(host, *given, **options)

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    server.expect(status(302, Location="http://elsewhere.invalid/file"))
    with pytest.raises(DataError, match=r"^elsewhere\.invalid is not found"):
        get()


@pytest.mark.usefixtures("no_network")
def test_a_proxy_that_is_not_found_is_named(get, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:9")
    with pytest.raises(DataError, match=r"^the proxy is not found"):
        get(url="http://nowhere.invalid/file")


def test_a_closed_port_is_named(get):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DataError, match="refuses connections, 2 times"):
        get(url=f"http://127.0.0.1:{port}/file", retries=1)


def test_a_proxy_that_is_not_there_is_named(get, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="proxy"):
        get(url="http://nowhere.invalid/file", retries=0)


def test_an_unknown_certificate_is_final(get, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    key = tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    command = [*made, "-keyout", key, "-out", tmp_path / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", key)
    with served() as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        with pytest.raises(DataError, match=r"certificate is not trusted.*REQUESTS_CA_BUNDLE"):
            get(url=secure.url.replace("http", "https"))


@pytest.mark.parametrize("url", ["folder/file", "ftp://127.0.0.1/file", "http://"])
def test_an_address_that_is_none_is_told(get, url):
    with pytest.raises(UsageError, match="expected an address"):
        get(url=url)


def test_a_full_disk_says_so(server, part, get):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    part.symlink_to("/dev/full")
    server.expect(content(DATA))
    with pytest.raises(OSError, match=r"No space left.*0 of 50,000 bytes are there and kept"):
        get()


def test_a_disk_that_fills_up_keeps_what_it_has(server, part, get):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    server.expect(content(DATA))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="of 50,000 bytes are there"):
            get()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert part.read_bytes() == DATA[:20_000]
    assert get()
    assert part.read_bytes() == DATA


def test_ctrl_c_keeps_what_came(server, part, get):
    server.expect(content(DATA, cut=20_000, then=interrupt), content(DATA))
    with pytest.raises(KeyboardInterrupt):
        get()
    assert 0 < part.stat().st_size <= 20_000
    assert get()
    assert part.read_bytes() == DATA


@settings(max_examples=40)
@given(
    st.integers(0, 30_000),
    st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), max_size=6),
)
def test_any_sequence_of_cuts_gives_the_file(server, there, cuts):
    server.expect(*(content(DATA, cut=cut, ranges=ranges) for cut, ranges in cuts), content(DATA))
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "file.part"
        part.write_bytes(DATA[:there])
        fetch(server.url, part, note=list, retries=6, backoff=0)
        assert part.read_bytes() == DATA
