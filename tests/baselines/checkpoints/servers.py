"""A real HTTP server on the loopback that answers as it is told to, to test downloads with."""

import signal
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Gives its answers one request each, the last one for ever; remembers what was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = []
        self.asked = []
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def expect(self, *answers):
        """Answer so from now on."""
        self.answers = list(answers)
        self.asked = []

    def ranges(self):
        """Give the ranges that were asked for, None for whole files."""
        return [headers["Range"] for _, headers in self.asked]

    def handle_error(self, *_):
        """Stay silent: a client that goes away is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers))
        answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        answer(self)
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def served():
    """Run a server until the end of the block."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def status(code, body=b"", **headers):
    """Answer with a status and headers, underscores standing for hyphens."""

    def answer(handler):
        handler.send_response(code)
        for name, value in {"Content_Length": len(body), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def content(data, *, cut=None, ranges=True, etag=None, then=None):
    """Answer with a file, or the range asked for; break off after `cut` bytes, and do `then`."""

    def answer(handler):
        first, asked = 0, handler.headers["Range"]
        same = handler.headers["If-Range"] in {None, etag}
        if asked and ranges and same:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
        if first and first >= len(data):
            handler.send_error(416)
            return
        handler.send_response(206 if first else 200)
        handler.send_header("Content-Length", str(len(data) - first))
        if first:
            handler.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        if etag:
            handler.send_header("ETag", etag)
        handler.end_headers()
        handler.wfile.write(data[first:][:cut])
        handler.wfile.flush()
        if then:
            then(handler)

    return answer


def silence(handler):
    """Say nothing until the server ends."""
    handler.server.over.wait(5)


def interrupt(handler):
    """Press Ctrl-C, once the client has had time to read what came."""
    handler.server.over.wait(0.05)
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    handler.server.over.wait(5)
