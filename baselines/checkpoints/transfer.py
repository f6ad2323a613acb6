"""One file over HTTP, in as many attempts as it takes."""

from __future__ import annotations

import math
import socket
import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests import exceptions

from abawkit.errors import AbawkitError, DataError, UsageError
from baselines.progress import download_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LARGEST = 1 << 30
# Pieces are small, since what has come of a piece is lost when the connection breaks.
_PIECE = 1 << 12
_LONGEST_WAIT = 120.0
_DIGITS = 16
_LONGEST_BACKOFF = 30.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_ADDRESS = (exceptions.InvalidSchema, exceptions.InvalidURL, exceptions.MissingSchema)


class _AgainError(Exception):
    """The server may well give more at the next attempt, after so many seconds if it says."""

    def __init__(
        self, reason: str, wait: float | None = None, *, retries: float = math.inf
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        self.retries = retries


def fetch(  # noqa: PLR0913 - options of one request
    url: str,
    part: Path,
    *,
    note: Callable[[str], None],
    retries: int = 5,
    backoff: float = 1.0,
    timeout: float = 30.0,
) -> bool:
    """Fetch a file, going on where an earlier attempt stopped.

    Whether it is the right file is for the caller to check: a server may have another one now
    than when the first part came.

    Parameters
    ----------
    url : str
        Where it is.
    part : Path
        Where to put it; what is there already is taken for its first bytes.
    note : callable
        Takes what goes wrong on the way, one line a call.
    retries : int
        Failed attempts in a row after which to give up; one that brought something is no failure.
        Where the server's name is not found, one is enough: there may be no network at all.
    backoff : float
        Seconds before the second attempt; doubled each time, up to 30.
    timeout : float
        Seconds that the server may be silent.

    Returns
    -------
    bool
        Whether it was put together of several attempts.

    Raises
    ------
    UsageError
        If `url` is no address.
    DataError
        If it cannot be had, without the address, which the caller knows; what came of it stays.
    OSError
        If it cannot be written; what was written stays.
    """
    failures, most, etag = 0, _size(part), ""
    while True:
        start = _size(part)
        try:
            with _troubles(url, timeout), _request(url, start, etag, timeout) as answer:
                if start and answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return True  # nothing is left; the caller finds out whether it fits
                appended = _appends(answer, part, start)
                etag = answer.headers.get("ETag", "")
                _receive(answer, part, start if appended else 0)
                return appended
        except _AgainError as error:
            failures = 0 if _size(part) > most else failures + 1
            most = max(most, _size(part))
            there = f"; {_size(part):,} bytes are kept" if _size(part) else ""
            if failures > min(retries, error.retries):
                often = f", {failures} times in a row" if failures > 1 else ""
                msg = f"{error}{often}{there}"
                raise DataError(msg) from error
            wait = _wait(error, failures, backoff)
            note(f"{error}{there}; again in {wait:g} s")
            time.sleep(wait)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _request(url: str, start: int, etag: str, timeout: float) -> requests.Response:
    # Compressed content would make the number of bytes that are there useless.
    headers = {"Accept-Encoding": "identity", "User-Agent": f"abawkit/{version('abawkit')}"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if etag and not etag.startswith("W/"):
            headers["If-Range"] = etag
    return requests.get(url, headers=headers, stream=True, timeout=timeout)


def _appends(answer: requests.Response, part: Path, start: int) -> bool:
    status = answer.status_code
    if status == HTTPStatus.OK:
        return False
    if status == HTTPStatus.PARTIAL_CONTENT:
        if answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            return True
        part.unlink(missing_ok=True)
        msg = "the server sent another range than it was asked for"
        raise _AgainError(msg)
    if status in _BUSY:
        msg = f"the server answered {status} {answer.reason}"
        raise _AgainError(msg, _retry_after(answer.headers.get("Retry-After", "")))
    msg = f"the server answered {status} {answer.reason}"
    raise DataError(msg)


def _receive(answer: requests.Response, part: Path, start: int) -> None:
    length = answer.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() and len(length) < _DIGITS else None
    title = part.name.removesuffix(".part")
    try:
        with part.open("ab" if start else "wb") as file, download_bar(title, total, start) as done:
            for piece in answer.iter_content(_PIECE):
                if file.tell() + len(piece) > LARGEST:
                    msg = f"more than {LARGEST:,} bytes came, which no published file has"
                    raise DataError(msg)
                file.write(piece)
                done(len(piece))
    except requests.RequestException:  # an OSError too, but not of the disk
        raise
    except OSError as error:
        rest = "" if total is None else f" of {total:,}"
        kept = f"{error.strerror}; {_size(part):,}{rest} bytes are there and kept"
        raise OSError(error.errno, kept, str(part)) from error


@contextmanager
def _troubles(url: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except AbawkitError:  # some are ValueErrors, too
        raise
    except (
        exceptions.ChunkedEncodingError,
        exceptions.ConnectionError,
        exceptions.Timeout,
    ) as error:
        causes = tuple(_causes(error))
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            msg = (
                f"the server's certificate is not trusted: {causes[-1]}; behind a proxy "
                "that opens connections, name its certificates in REQUESTS_CA_BUNDLE"
            )
            raise DataError(msg) from error
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            raise _AgainError(_unknown(error, url), retries=1) from error
        raise _AgainError(_reason(causes, timeout)) from error
    except _NO_ADDRESS as error:
        msg = f"expected an address such as https://example.org/folder, found {url}"
        raise UsageError(msg) from error
    except requests.RequestException as error:
        raise DataError(str(error)) from error
    except ValueError as error:  # of the address that a server redirects to
        msg = f"the server answers with what is no address: {error}"
        raise DataError(msg) from error


def _unknown(error: requests.RequestException, url: str) -> str:
    # After a redirect it may be another server than that of the address.
    asked = url if error.request is None else error.request.url
    proxied = isinstance(error, exceptions.ProxyError)
    name = "the proxy" if proxied else urlsplit(str(asked)).hostname
    return f"{name} is not found, or there is no network"


def _reason(causes: tuple[BaseException, ...], timeout: float) -> str:
    kinds = {
        TimeoutError: f"the server was silent for {timeout:g} s",
        exceptions.ConnectTimeout: f"the server was silent for {timeout:g} s",
        exceptions.ProxyError: "the proxy gave no connection",
        ConnectionRefusedError: "the server refuses connections",
    }
    for kind, reason in kinds.items():
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    return "the connection broke"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _wait(error: _AgainError, failures: int, backoff: float) -> float:
    if error.wait is None:
        return min(backoff * 2.0 ** max(failures - 1, 0), _LONGEST_BACKOFF)
    if error.wait > _LONGEST_WAIT:
        msg = f"{error}, and to come back after {error.wait:.0f} s"
        raise DataError(msg)
    return error.wait


def _retry_after(text: str) -> float | None:
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())
