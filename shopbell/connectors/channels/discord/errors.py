"""What Discord's refusals mean, in words that say what to do.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes and
the gateway's close codes on the same page; limits: .../topics/rate-limits.
"""

from collections.abc import Mapping

from shopbell.desk.deliveries.types import Refused

AWAY = "Discord cannot be reached; this is tried again."
UNKNOWN_BOT = "Discord does not take the bot's token: reset it there, and connect again."
_DIRECT = "Ask them to allow direct messages from members of the server, or write elsewhere."
_NEVER: Mapping[int, str] = {
    10003: "The channel or thread is gone: write to the customer directly.",
    10008: "The message that this answers is gone.",
    10013: "Discord does not know this person any more.",
    40005: "The files are too large for Discord: send a link.",
    40058: "One cannot write in a forum itself, only in its posts.",
    50001: "The bot may not see this channel: give it the right to view it.",
    50006: "There is nothing to send.",
    50007: f"This person takes no direct messages from the bot. {_DIRECT}",
    50008: "One cannot write in this channel.",
    50013: "The bot may not write here: give it the right to send messages.",
    50035: "Discord refused the message as it is: see the log.",
    50083: "The thread is archived and locked: write to the customer directly.",
    50278: f"The bot shares no server with this person any more. {_DIRECT}",
    160005: "The thread is locked: write to the customer directly.",
}
_LATER = frozenset({20016, 20028, 40003, 130000})
"""Slow mode, a channel's limit, direct messages opened too fast, an overloaded platform."""
CLOSED: Mapping[int, str] = {
    4004: UNKNOWN_BOT,
    4010: "Discord refuses how Shopbell connects (shard): report this.",
    4011: "The bot is in more than 2,500 servers, which Shopbell does not hold.",
    4012: "Discord no longer speaks this version of its gateway: update Shopbell.",
    4013: "Discord refuses how Shopbell connects (intents): report this.",
    4014: "Turn on Message Content Intent at Discord (your application, Bot), then connect again.",
}
"""Close codes after which connecting again is of no use."""
SESSION_OVER = frozenset({4003, 4007, 4009})
"""Close codes after which the session cannot be resumed."""


def refusal(
    status: int, code: int, retry_after: float | None, *, everywhere: bool, message: str
) -> Refused:
    """The outcome of a request that Discord refused."""
    named = str(code or status)
    if status == 401:
        return Refused(words=UNKNOWN_BOT, health="reconnect", code=named)
    if status == 429 or code in _LATER:
        words = "Discord asks for a pause; this is tried again."
        return Refused(words=words, retry_after=retry_after, whole=everywhere, code=named)
    if status >= 500 or status == 408:
        words = f"Discord has trouble ({status}); this is tried again."
        return Refused(words=words, retry_after=retry_after, code=named)
    words = _NEVER.get(code) or f"Discord refused this ({named} {message[:80]}): see the log."
    return Refused(words=words.replace(" )", ")"), permanent=True, code=named)
