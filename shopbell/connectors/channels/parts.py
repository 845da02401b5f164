"""A message that leaves as several: one request after the other, going on after what was taken."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown

Failed = Refused | Unknown
Step = Callable[[], Awaitable[str | Failed]]
NOTHING = "There is nothing to send in this message."


async def in_parts(outgoing: Outgoing, steps: Sequence[Step]) -> Sent | Failed:
    """Take one step after the other, from the first that no earlier try has taken. Each gives the
    platform's name for its part, or why it failed; what went out before it is kept with the failure."""
    if not steps:
        return Refused(words=NOTHING, permanent=True)
    taken = list(outgoing.parts)
    for step in steps[len(taken) :]:
        result = await step()
        if isinstance(result, str):
            taken.append(result)
            continue
        if taken and isinstance(result, Refused) and result.permanent:
            words = f"Only {len(taken)} of {len(steps)} parts went out. {result.words}"
            result = msgspec.structs.replace(result, words=words)
        return msgspec.structs.replace(result, parts=tuple(taken))
    return Sent(external_id=taken[0], parts=tuple(taken) if len(taken) > 1 else ())
