"""How a command sees from outside that a server or a worker is up."""

import urllib.error
import urllib.request

import psycopg
import redis
from arq.constants import health_check_key_suffix

from shopbell.cli.embedded.valkey import ask
from shopbell.jobs.queue import queue_name
from shopbell.settings import Settings


def server_ready(address: str) -> bool:
    """Whether the server there says that it can serve."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310 - ours
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


class WorkerWatch:
    """Whether a worker takes jobs, by the sign of life that it leaves in Redis.

    `forget` before a worker is started, so that one that was killed is not taken for it.
    """

    def __init__(self, settings: Settings) -> None:
        assert settings.database_url is not None
        assert settings.redis_url is not None
        self._redis_url = settings.redis_url
        with psycopg.connect(settings.database_url) as connection:
            row = connection.execute("SELECT epoch FROM stream WHERE partition = 0").fetchone()
        assert row is not None
        self._key = queue_name(row[0]) + health_check_key_suffix

    def forget(self) -> None:
        """Take away an earlier worker's sign."""
        ask(self._redis_url, f"DEL {self._key}")

    def ready(self) -> bool:
        """Whether some worker has left a sign since."""
        try:
            return bool(ask(self._redis_url, f"EXISTS {self._key}"))
        except redis.RedisError:
            return False
