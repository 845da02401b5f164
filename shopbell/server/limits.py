"""How often somebody may ask: a token bucket each, in Redis for all processes together.

While Redis is away each process counts by itself, so a flood is slowed and people still get in.
"""

import asyncio
import time
from math import ceil
from typing import Any

import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopbell.desk.errors import DeskError

log = structlog.get_logger()

PATIENCE_S = 0.25
AWAY_S = 1.0
MOST_KEPT = 20_000


class Rate(Struct, frozen=True):
    """`burst` at once, then one more each `every` seconds."""

    name: str
    burst: int
    every: float


SIGN_IN = Rate("sign-in", 10, 30)
"""Tries for one account from one address; a right password fills it again."""
SIGN_IN_ADDRESS = Rate("address", 100, 6)
SIGN_IN_ACCOUNT = Rate("account", 40, 30)
"""Tries for one account from everywhere; whoever has signed in from an address is let through."""
OWN_PASSWORD = Rate("own-password", 10, 30)
INVITATION = Rate("invitation", 20, 30)
SESSION = Rate("session", 1_500, 0.1)
MESSAGE = Rate("message", 30, 1)
HOOK = Rate("hook", 2_000, 0.005)
HOOK_REFUSED = Rate("hook-refused", 60, 1)
UPLOAD = Rate("upload", 30, 5)
UPLOAD_ADDRESS = Rate("upload-address", 300, 1)
TEMPLATES = Rate("templates", 6, 10)
"""How often people may have a connection's templates read anew."""
ADDRESS_LEFT = Rate("address-left", 5, 600)
"""Addresses that one visitor may leave, that come from one network address, and how often one and the
same may be left by anybody: so that no chat writes to people who never asked."""
ADDRESS_FROM = Rate("address-from", 30, 60)
ADDRESS = Rate("address-of", 5, 3_600)
AGENT_UPLOAD = Rate("agent-upload", 100, 1)


class TooMany(DeskError):
    """Asked too often; `retry_after` is in whole seconds."""

    kind = "too_many"
    status = 429

    def __init__(self, wait: float) -> None:
        self.retry_after = max(1, ceil(wait))
        super().__init__(
            "That was too often",
            f"Wait {self.retry_after} s and try again."
            if self.retry_after > 1
            else "Wait a moment and try again.",
        )


# GCRA: the key holds when the bucket is full again, as seconds since 1970.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local every, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + every
local wait = full - now - every * burst
if wait > 0 then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', full), 'PX', math.ceil((full - now) * 1000))
return '0'
"""


class Limits:
    """The buckets as this process sees them."""

    def __init__(self) -> None:
        self._full: dict[str, float] = {}
        self._away_until = 0.0

    async def take(self, redis: Redis, rate: Rate, key: str) -> None:
        """Take one token of this key's bucket. Raises TooMany when it is empty."""
        name = f"shopbell:limit:{rate.name}:{key}"
        wait = await self._in_redis(redis, rate, name)
        if wait is None:
            wait = self._in_memory(rate, name)
        if wait > 0:
            log.info("limit reached", limit=rate.name)
            raise TooMany(wait)

    async def forgive(self, redis: Redis, rate: Rate, key: str) -> None:
        """Fill the bucket again: this one has shown to be in the right."""
        name = f"shopbell:limit:{rate.name}:{key}"
        self._full.pop(name, None)
        await self._ask(redis, "DEL", name)

    async def _in_redis(self, redis: Redis, rate: Rate, name: str) -> float | None:
        found = await self._ask(redis, "EVAL", TAKE, 1, name, rate.every, rate.burst)
        return None if found is None else float(found)

    async def _ask(self, redis: Redis, *command: Any) -> Any:
        """Redis' answer, or None while it is away."""
        if time.monotonic() < self._away_until:
            return None
        client: Any = redis
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await client.execute_command(*command)
        except (RedisError, OSError, TimeoutError):
            self._away_until = time.monotonic() + AWAY_S
            return None

    def _in_memory(self, rate: Rate, name: str) -> float:
        now = time.monotonic()
        full = max(self._full.get(name, 0.0), now) + rate.every
        wait = full - now - rate.every * rate.burst
        if wait > 0:
            return wait
        if len(self._full) >= MOST_KEPT:
            self._full = {key: at for key, at in self._full.items() if at > now}
        if len(self._full) >= MOST_KEPT:
            self._full.clear()
        self._full[name] = full
        return 0.0
