"""Open-loop arrivals: people speak when they please, not when the server has caught up."""

import asyncio
import random
from collections.abc import AsyncIterator
from time import perf_counter


async def arrivals(rate: float, seconds: float, seed: int) -> AsyncIterator[float]:
    """The moments (of `perf_counter`) at which somebody speaks, `rate` a second at random.

    Each is given as early as the loop can after its time, and late ones are given all the same.
    """
    draw = random.Random(seed)
    began = perf_counter()
    meant = began + draw.expovariate(rate)
    while meant < began + seconds:
        wait = meant - perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        yield meant
        meant += draw.expovariate(rate)
