"""Saying something on Discord: in parts of 2,000 characters, each under its own nonce.

https://docs.discord.com/developers/resources/message#create-message: with `enforce_nonce` a repeat
within a few minutes makes no second message. For later repeats the channel is read first.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from shopbell.connectors.channels.discord.errors import AWAY
from shopbell.connectors.channels.discord.nonces import nonce_of
from shopbell.connectors.channels.discord.web import Away, Files, Silent, Web
from shopbell.connectors.channels.told import Told
from shopbell.connectors.channels.words import split
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown

log = structlog.get_logger()

MOST_TEXT = 2_000
MOST_FILES = 10
MOST_AT_ONCE = 24_000_000
"""A message takes ten files and a request 25 MiB (.../resources/message#create-message)."""
EPOCH_MS = 1_420_070_400_000
"""Discord counts time from the start of 2015 (.../developers/reference#snowflakes)."""
POINTER = "I have answered you in a direct message."
SILENT = "Discord did not answer; this is tried again under the same key."
NOTHING = "There is nothing to send in this message."


class Stopped(Exception):
    """Sending ends here, with this outcome."""

    def __init__(self, outcome: Refused) -> None:
        super().__init__(outcome.words)
        self.outcome = outcome


class Sending:
    """One delivery on its way."""

    def __init__(self, web: Web, outgoing: Outgoing, pointer: str = "") -> None:
        self._web = web
        self._outgoing = outgoing
        self._pointer = pointer or POINTER
        self._channel = ""
        self._taken = list(outgoing.parts)

    async def go(self) -> Sent | Refused | Unknown:
        """Send what was not taken yet."""
        texts = split(self._outgoing.message.text, MOST_TEXT)
        try:
            await self._find_place()
            for number in range(len(self._taken), len(texts)):
                self._taken.append(await self._say(number, texts[number]))
            bundles = _bundles(self._outgoing.files)
            for number in range(len(self._taken), len(texts) + len(bundles)):
                files = await _opened(bundles[number - len(texts)])
                self._taken.append(await self._say(number, "", files))
        except Stopped as stopped:
            return msgspec.structs.replace(stopped.outcome, parts=tuple(self._taken))
        except Away:
            return Refused(words=AWAY, parts=tuple(self._taken))
        except Silent:
            return Unknown(words=SILENT, parts=tuple(self._taken))
        if not self._taken:
            return Refused(words=NOTHING, permanent=True)
        if self._outgoing.private:
            await self._point()
        return Sent(external_id=self._taken[0], parts=tuple(self._taken))

    async def _find_place(self) -> None:
        to = self._outgoing.to
        if to is not None and to.place and not self._outgoing.private:
            self._channel = to.place
            return
        person = {"recipient_id": self._outgoing.recipient}
        opened = await self._web.post("/users/@me/channels", person)
        if opened.refused is not None:
            raise Stopped(opened.refused)
        self._channel = opened.told["id"].name

    async def _say(self, number: int, text: str, files: Files | None = None) -> str:
        """Post one part; its name."""
        if self._outgoing.attempts > 1 and (there := await self._look_for(text, files)):
            return there
        body: dict[str, Any] = {
            "content": text,
            "nonce": nonce_of(self._outgoing.id, number),
            "enforce_nonce": True,
            "allowed_mentions": {"parse": []},
        }
        to, answers = self._outgoing.to, self._outgoing.answers
        in_public = to is not None and to.community and not self._outgoing.private
        if number == 0 and in_public and answers:
            body["message_reference"] = {"message_id": answers, "fail_if_not_exists": False}
            body["allowed_mentions"] = {"parse": [], "replied_user": True}
        if files:
            body["attachments"] = [
                {"id": at, "filename": one[1][0]} for at, one in enumerate(files)
            ]
        answer = await self._web.post(f"/channels/{self._channel}/messages", body, files)
        if answer.refused is not None:
            raise Stopped(answer.refused)
        return answer.told["id"].name

    async def _look_for(self, text: str, files: Files | None) -> str:
        """The name of this part where an earlier try had put it there after all."""
        after = max(0, (self._outgoing.id.int >> 80) - 60_000 - EPOCH_MS) << 22
        path = f"/channels/{self._channel}/messages?after={after}&limit=100"
        try:
            found = await self._web.get(path)
        except (Away, Silent):
            return ""
        names = [one[1][0] for one in files or []]
        for one in found.told:
            same = one["content"].text == text and _names(one) == names
            if one["author"]["bot"] and same:
                return one["id"].name
        return ""

    async def _point(self) -> None:
        """Show where the answer went; the answer itself has arrived, whatever becomes of this."""
        to, user = self._outgoing.to, self._outgoing.recipient
        if to is None or not to.place:
            return
        body: dict[str, Any] = {
            "content": f"<@{user}> {self._pointer}",
            "nonce": nonce_of(self._outgoing.id, -1),
            "enforce_nonce": True,
            "allowed_mentions": {"users": [user]},
        }
        try:
            shown = await self._web.post(f"/channels/{to.place}/messages", body)
        except (Away, Silent):
            log.warning("pointer unsent", delivery=str(self._outgoing.id))
            return
        if shown.refused is not None:
            log.warning("pointer refused", delivery=str(self._outgoing.id), code=shown.refused.code)


def _bundles(files: Sequence[OutgoingFile]) -> list[list[OutgoingFile]]:
    """The files as they go together, in their order."""
    found: list[list[OutgoingFile]] = []
    room = 0
    for one in files:
        if not found or len(found[-1]) == MOST_FILES or one.size > room:
            found.append([])
            room = MOST_AT_ONCE
        found[-1].append(one)
        room -= one.size
    return found


async def _opened(files: Sequence[OutgoingFile]) -> Files:
    return [
        (f"files[{at}]", (one.name, await one.read(), one.media_type))
        for at, one in enumerate(files)
    ]


def _names(message: Told) -> list[str]:
    return [one["filename"].text for one in message["attachments"]]
