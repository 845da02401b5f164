"""A bucket that speaks S3 over real HTTP: put (whole or in parts), get and delete of objects.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY_ID = "peer-key"


@dataclass
class S3Peer:
    """The running server; `objects` by path, `refusing` the status of every answer when not 0."""

    url: str
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    parts: dict[int, bytes] = field(default_factory=dict[int, bytes])
    most_parts: int = 0
    refusing: int = 0

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which a client finds this bucket and may use it."""
        return {
            "AWS_ENDPOINT": self.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": "peer-secret",
        }


@contextmanager
def s3_peer() -> Generator[S3Peer]:
    """A running peer on a free port of the loopback."""
    peer = S3Peer(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("GET")

        def do_PUT(self) -> None:
            self._answer("PUT")

        def do_POST(self) -> None:
            self._answer("POST")

        def do_DELETE(self) -> None:
            self._answer("DELETE")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, content = self._outcome(method, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", '"peer"')
            self.send_header("Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT")
            self.end_headers()
            self.wfile.write(content)

        def _outcome(self, method: str, body: bytes) -> tuple[int, bytes]:
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query, keep_blank_values=True)
            signed = f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"
            if peer.refusing or not self.headers.get("authorization", "").startswith(signed):
                return peer.refusing or 403, b""
            return _done(peer, method, parts.path, asked, body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="s3-peer", daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()


def _done(
    peer: S3Peer, method: str, path: str, asked: dict[str, list[str]], body: bytes
) -> tuple[int, bytes]:
    if method == "PUT" and "partNumber" in asked:
        peer.parts[int(asked["partNumber"][0])] = body
        peer.most_parts = max(peer.most_parts, len(peer.parts))
    elif method == "PUT":
        peer.objects[path] = body
    elif method == "POST" and "uploads" in asked:
        peer.parts.clear()
        return 200, _xml("InitiateMultipartUploadResult", UploadId="one")
    elif method == "POST" and "delete" in asked:
        keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
        for key in keys:
            peer.objects.pop(f"{path.rstrip('/')}/{key}", None)
        gone = "".join(f"<Key>{key}</Key>" for key in keys)
        return 200, _xml("DeleteResult", Deleted=gone)
    elif method == "POST":
        peer.objects[path] = b"".join(part for _, part in sorted(peer.parts.items()))
        return 200, _xml("CompleteMultipartUploadResult", ETag="peer")
    elif path not in peer.objects:
        return 404, _xml("Error", Code="NoSuchKey")
    else:
        return 200, peer.objects[path]
    return 200, b""


def _xml(name: str, **inside: str) -> bytes:
    told = "".join(f"<{key}>{value}</{key}>" for key, value in inside.items())
    return f"<?xml version='1.0'?><{name}>{told}</{name}>".encode()
