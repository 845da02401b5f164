"""A sign-in service: it gives access tokens for a refresh token (RFC 6749, section 6), and says whose
a token is, as Dovecot asks (its `tokeninfo_url`, after Google's)."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

REFRESH = "refresh-me"


@dataclass
class Tokens:
    """`given` counts the tokens that were asked for; only those in `good` open a mailbox."""

    url: str = ""
    good: dict[str, str] = field(default_factory=dict[str, str])
    given: int = 0
    ended: bool = False

    def give(self, user: str) -> str:
        """A new token of this user's."""
        self.given += 1
        token = f"access-{self.given}-of-{user}"
        self.good[token] = user
        return token


@contextmanager
def token_service() -> Generator[Tokens]:
    """A running sign-in service."""
    tokens = Tokens()

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            user, refresh = told["client_id"][0], told["refresh_token"][0]
            if tokens.ended or refresh != REFRESH or told["grant_type"] != ["refresh_token"]:
                self._answer(400, {"error": "invalid_grant"})
            else:
                self._answer(200, {"access_token": tokens.give(user), "expires_in": 3600})

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
            user = tokens.good.get(asked)
            self._answer(200 if user else 400, {"email": user} if user else {"error": "invalid"})

        def _answer(self, status: int, told: dict[str, object]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = 0, size: int | str = 0) -> None:
            """The tests' output is no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    tokens.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield tokens
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
