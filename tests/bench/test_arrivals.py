import asyncio
from itertools import pairwise

from bench.arrivals import arrivals


async def test_a_slow_listener_does_not_move_the_times_people_speak_at() -> None:
    prompt = [at async for at in arrivals(2_000, 0.05, seed=7)]
    late: list[float] = []
    async for at in arrivals(2_000, 0.05, seed=7):
        late.append(at)
        await asyncio.sleep(0.002)

    assert len(late) == len(prompt)
    gaps = [[b - a for a, b in pairwise(one)] for one in (prompt, late)]
    assert all(abs(a - b) < 1e-9 for a, b in zip(*gaps, strict=True))
