"""Saying something in Slack: words in parts, files after them, and once each.

https://docs.slack.dev/reference/methods/chat.postMessage has no idempotency key. Each of our
messages carries its delivery's id as metadata (https://docs.slack.dev/messaging/message-metadata);
where Slack did not answer, the conversation itself is asked whether it is there.
"""

import httpx
import structlog

from shopbell.connectors.channels.slack.errors import AWAY, PERHAPS_DONE, refusal
from shopbell.connectors.channels.slack.mrkdwn import to_mrkdwn
from shopbell.connectors.channels.slack.reading import DELIVERY
from shopbell.connectors.channels.slack.web import TIMEOUT, Answer, Away, Silent, Web
from shopbell.connectors.channels.words import split
from shopbell.desk.deliveries.types import Outgoing, OutgoingFile, Refused, Sent, Unknown

log = structlog.get_logger()

MOST_TEXT = 4_000
"""Characters in one message: what Slack advises; it cuts at 40,000."""
POINTER = "I have answered you in a direct message."
NO_WAY = (
    "This is personal, others read the channel, and Slack lets nobody write to the customer"
    " directly: ask them to write to the app."
)
SILENT = "Slack did not answer: it may or may not have arrived."


class Stopped(Exception):
    """Sending ends here, with this outcome."""

    def __init__(self, outcome: Refused | Unknown) -> None:
        super().__init__(outcome.words)
        self.outcome = outcome


class Sending:
    """One delivery on its way: `parts` are Slack's names for what it took."""

    def __init__(self, web: Web, outgoing: Outgoing, pointer: str = "") -> None:
        self._web = web
        self._outgoing = outgoing
        self._pointer = pointer or POINTER
        self.parts = list(outgoing.parts)
        self._channel = ""
        self._thread = ""
        self._whisper_to = ""

    async def go(self) -> Sent | Refused | Unknown:
        """Send what was not taken yet."""
        try:
            await self._find_place()
            texts = split(to_mrkdwn(self._outgoing.message.text), MOST_TEXT)
            for number in range(len(self.parts), len(texts)):
                self.parts.append(await self._say(texts[number], number))
            if self._outgoing.files and len(self.parts) <= len(texts):
                self.parts.append(await self._share(self._outgoing.files))
        except Stopped as stopped:
            return stopped.outcome
        except Away:
            return Refused(words=AWAY, parts=tuple(self.parts))
        except Silent:
            return Unknown(words=SILENT, parts=tuple(self.parts))
        if not self.parts:
            return refusal("no_text", None)
        if self._outgoing.private and not self._whisper_to:
            await self._point()
        return Sent(external_id=self.parts[0], parts=tuple(self.parts))

    async def _find_place(self) -> None:
        to = self._outgoing.to
        if to is not None and to.place and not self._outgoing.private:
            self._channel, _, self._thread = to.place.partition(":")
            return
        user = self._outgoing.recipient.rpartition(":")[2]
        opened = await self._web.call("conversations.open", users=user)
        channel = opened.told["channel"]["id"].text
        if opened.ok and channel:
            self._channel = channel
            return
        outcome = self._refused(opened)
        if not (self._outgoing.private and to is not None and outcome.permanent):
            raise Stopped(outcome)
        if self._outgoing.files:
            raise Stopped(Refused(words=NO_WAY, permanent=True, code=opened.code))
        self._channel, _, self._thread = to.place.partition(":")
        self._whisper_to = user

    async def _say(self, text: str, number: int) -> str:
        """Post one part; its name."""
        if self._outgoing.attempts > 1 and (there := await self._look_for(number)):
            return there
        try:
            answer = await self._post(text, number)
        except Silent as silent:
            if there := await self._look_for(number):
                return there
            raise Stopped(Unknown(words=SILENT, parts=tuple(self.parts))) from silent
        if answer.ok:
            ts = answer.told["ts"].text or answer.told["message_ts"].text
            return f"{answer.told['channel'].text or self._channel}:{ts}"
        if answer.code in PERHAPS_DONE and (there := await self._look_for(number)):
            return there
        raise Stopped(self._refused(answer))

    async def _post(self, text: str, number: int) -> Answer:
        where = {"channel": self._channel} | ({"thread_ts": self._thread} if self._thread else {})
        if self._whisper_to:
            return await self._web.call(
                "chat.postEphemeral", **where, user=self._whisper_to, text=text
            )
        return await self._web.call(
            "chat.postMessage",
            **where,
            text=text,
            unfurl_links=False,
            unfurl_media=False,
            metadata={
                "event_type": DELIVERY,
                "event_payload": {"delivery": str(self._outgoing.id), "part": number},
            },
        )

    async def _look_for(self, number: int) -> str:
        """The name of this part where it stands in the conversation already; empty where it does
        not, or where nobody can say."""
        if self._whisper_to:
            return ""
        method, more = "conversations.history", {}
        if self._thread:
            method, more = "conversations.replies", {"ts": self._thread}
        try:
            found = await self._web.call(
                method,
                channel=self._channel,
                oldest=f"{_made_at(self._outgoing) - 60:.6f}",
                limit=200,
                include_all_metadata=True,
                **more,
            )
        except (Away, Silent):
            return ""
        mark = (DELIVERY, str(self._outgoing.id), number)
        for one in found.told["messages"]:
            kind, payload = one["metadata"]["event_type"], one["metadata"]["event_payload"]
            if (kind.text, payload["delivery"].text, payload["part"].value) == mark:
                return f"{self._channel}:{one['ts'].text}"
        return ""

    async def _share(self, files: tuple[OutgoingFile, ...]) -> str:
        """Hand the bytes over, then show them (docs.slack.dev/reference/methods/
        files.completeUploadExternal); only the last step is seen by anybody."""
        if self._whisper_to:
            raise Stopped(Refused(words=NO_WAY, permanent=True))
        ids = [await self._upload(one) for one in files]
        shown = await self._web.call(
            "files.completeUploadExternal",
            files=[{"id": name, "title": one.name} for name, one in zip(ids, files, strict=True)],
            channel_id=self._channel,
            **({"thread_ts": self._thread} if self._thread else {}),
        )
        if not shown.ok:
            raise Stopped(self._refused(shown))
        return f"file:{ids[0]}"

    async def _upload(self, file: OutgoingFile) -> str:
        body = await file.read()
        try:
            given = await self._web.call(
                "files.getUploadURLExternal", filename=file.name, length=len(body)
            )
        except Silent as silent:
            raise Away from silent
        address, name = given.told["upload_url"].text, given.told["file_id"].text
        if not given.ok or not (address and name):
            raise Stopped(self._refused(given))
        if not self._web.is_slacks(address):
            raise Stopped(self._refused(Answer(ok=False, code="foreign_upload_address")))
        try:
            taken = await self._web.client.post(address, content=body, timeout=TIMEOUT)
        except httpx.HTTPError as broken:
            raise Away from broken
        if not taken.is_success:
            raise Away
        return name

    async def _point(self) -> None:
        """Show where the answer went; the answer itself has arrived, whatever becomes of this."""
        to = self._outgoing.to
        if to is None:
            return
        channel, _, thread = to.place.partition(":")
        user = self._outgoing.recipient.rpartition(":")[2]
        try:
            shown = await self._web.call(
                "chat.postMessage",
                channel=channel,
                text=f"<@{user}> {to_mrkdwn(self._pointer)}",
                **({"thread_ts": thread} if thread else {}),
            )
        except (Away, Silent):
            log.warning("pointer unsent", delivery=str(self._outgoing.id))
            return
        if not shown.ok:
            log.warning("pointer refused", delivery=str(self._outgoing.id), code=shown.code)

    def _refused(self, answer: Answer) -> Refused:
        return refusal(answer.code, answer.retry_after, tuple(self.parts))


def _made_at(outgoing: Outgoing) -> float:
    """When the delivery was made, in seconds: its id is a UUIDv7."""
    return (outgoing.id.int >> 80) / 1000
