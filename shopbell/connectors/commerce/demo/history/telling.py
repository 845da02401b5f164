"""Play a story with one customer: when each step happens, and in which words."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from shopbell.connectors.commerce.demo.history.cast import House, Person, Staff
from shopbell.connectors.commerce.demo.history.citing import cite
from shopbell.connectors.commerce.demo.history.facts import Matter, facts, page_of
from shopbell.connectors.commerce.demo.history.hours import at_work, local, promised_by
from shopbell.connectors.commerce.demo.history.record import Record, Step, StepKind
from shopbell.connectors.commerce.demo.history.stories import Line, Story
from shopbell.desk.control.words import named_clock
from shopbell.desk.messages.types import Citation
from shopbell.desk.tickets.types import Handoff, HandoffReason

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)

_RECEIPTS = {
    "email": ("delivered",),
    "sms": ("delivered",),
    "whatsapp": ("delivered", "read"),
    "messenger": ("delivered", "read"),
    "instagram": ("read",),
    "telegram": ("delivered",),
}
_REFUSED = {
    "email": "The mailbox is full. Write by another channel, or try again tomorrow.",
    "whatsapp": "WhatsApp's 24 hours for free replies are over. Send a template, or write by email.",
    "sms": "The number cannot be reached. Check it, or write by email.",
    "instagram": "Instagram's window for replies has closed. Write by email.",
}
_LETTER = {
    "en": ("Hello,", ("Best wishes,", "Thanks,", "Kind regards,"), "Hello {first},"),
    "de": ("Guten Tag,", ("Viele Grüße", "Danke und Gruß", "Freundliche Grüße"), "Hallo {first},"),
    "es": ("Hola:", ("Un saludo,", "Gracias,", "Saludos,"), "Hola, {first}:"),
    "fr": ("Bonjour,", ("Cordialement,", "Merci d'avance,", "Bien à vous,"), "Bonjour {first},"),
}
_HERE = {
    "en": ("Hello {first}, {agent} here. ", "{agent} here, {first}. ", ""),
    "de": ("Hallo {first}, hier ist {agent}. ", "{agent} hier. ", ""),
    "es": ("Hola, {first}, soy {agent}. ", "Soy {agent}. ", ""),
    "fr": ("Bonjour {first}, ici {agent}. ", "{agent} à l'écoute. ", ""),
}
_WELCOME = {
    "en": (
        "Gladly. Write again at any time.",
        "You are welcome.",
        "Good. Write here if anything is open.",
    ),
    "de": ("Gern. Schreiben Sie jederzeit wieder.", "Gern geschehen."),
    "es": ("Con gusto. Escriba cuando quiera.", "De nada."),
    "fr": ("Avec plaisir. Écrivez quand vous voulez.", "Je vous en prie."),
}
_WAIT = {
    "en": ("You hear from a person by {time}.", "You hear from a person by {time} on {day}."),
    "de": (
        "Bis {time} meldet sich ein Mensch.",
        "Am {day} bis {time} meldet sich ein Mensch.",
    ),
    "es": ("Una persona le escribe antes de las {time}.", "Le escriben el {day} antes de las {time}."),
    "fr": ("Une personne vous répond avant {time}.", "Une personne vous répond le {day} avant {time}."),
}  # fmt: skip


class Decks:
    """Ways of saying the same line, dealt so that none comes again before all others did."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._left: dict[tuple[str, int], list[str]] = {}

    def deal(self, story: Story, at: int, texts: Sequence[str]) -> str:
        """The next way of saying the line."""
        left = self._left.setdefault((story.key, at), [])
        if not left:
            left.extend(texts)
            self._dice.shuffle(left)
        return left.pop()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket to be: who writes when, by which channel, about what."""

    story: Story
    who: Person
    matter: Matter
    channel: str
    start: dt.datetime


class Teller:
    """Turns plans into steps; `today` is when the past ends."""

    def __init__(self, house: House, today: dt.datetime, dice: random.Random) -> None:
        self._house, self._today, self._dice = house, today, dice
        self._decks = Decks(dice)
        self._letters = 0

    def tell(self, plan: Plan, record: Record) -> None:
        """Play one ticket from its first line to its last."""
        lines = plan.story.lines
        times = self._aged(lines) if lines[0].age is not None else self._paced(plan)
        _Ticket(self, plan, record, self._crew(plan.story)).play(
            list(zip(lines, times, strict=True))
        )

    def _crew(self, story: Story) -> list[Staff]:
        staff = self._house.staff
        care = [staff["ben"], staff["ben"], staff["ada"]]
        return [staff["cleo"], staff["cleo"], staff["ada"]] if "eturns" in story.team else care

    def _aged(self, lines: Sequence[Line]) -> list[dt.datetime]:
        return [self._today - (line.age or 0) * MINUTE for line in lines]

    def _paced(self, plan: Plan) -> list[dt.datetime]:
        """Human times for each line, drawn together where they would reach past the present."""
        clock, times, people = plan.start, list[dt.datetime](), False
        for at, line in enumerate(plan.story.lines):
            clock += self._pause(line, plan.channel, first=at == 0, people=people)
            if line.kind in ("p", "n", "take", "ok") and (people or line.kind != "ok"):
                clock = at_work(clock)
            people = people or line.kind in ("p", "take")
            times.append(clock)
        limit = self._today - 20 * MINUTE
        if clock > limit:
            share = (limit - plan.start) / (clock - plan.start)
            times = [plan.start + (one - plan.start) * share for one in times]
        return times

    def _pause(self, line: Line, channel: str, *, first: bool, people: bool) -> dt.timedelta:
        spread = self._dice.uniform
        if first:
            return 0 * SECOND
        match line.kind:
            case "a" | "h" | "suggest":
                return spread(1.4, 4.5) * SECOND
            case "c" if channel == "email":
                return spread(25, 500) * MINUTE
            case "c" if channel == "webchat":
                return spread(14, 160) * SECOND * (2 if people else 1)
            case "c":
                return spread(0.5, 30) * MINUTE
            case "p" if people:
                return spread(1, 14) * MINUTE
            case "p" | "take":
                return spread(2, 34) * MINUTE
            case "n":
                return spread(1, 9) * MINUTE
            case "ok":
                return spread(3, 40) * MINUTE if people else spread(18, 30) * HOUR
            case "gap":
                return line.number * DAY + spread(-3, 3) * HOUR
            case _:
                return spread(3, 30) * SECOND

    def choose(self, options: Sequence[str]) -> str:
        """One of them by chance."""
        return self._dice.choice(options)

    def outside_id(self, channel: str) -> str:
        """A new id by which the outside knows a message; none on the web."""
        if channel == "webchat":
            return ""
        self._letters += 1
        mark = f"{self._dice.getrandbits(48):012x}"
        return f"<{mark}@mail.example>" if channel == "email" else f"{channel}.{mark}"

    def deal(self, story: Story, at: int, line: Line) -> str:
        """The line in one of its ways."""
        return self._decks.deal(story, at, line.texts)

    def dice(self) -> random.Random:
        """The dice of this history."""
        return self._dice

    def chance(self, share: float) -> bool:
        """True as often as `share` says."""
        return self._dice.random() < share


class _Ticket:
    def __init__(self, teller: Teller, plan: Plan, record: Record, crew: list[Staff]) -> None:
        self._teller, self._plan, self._record = teller, plan, record
        self._agent = teller.dice().choice(crew)
        self._house = record.house
        self._said: list[str] = []
        self._answers = 0
        self._replied = self._sorted = False

    def play(self, lines: list[tuple[Line, dt.datetime]]) -> None:
        plan = self._plan
        words = facts(plan.who.name, plan.matter, plan.story.language, plan.start)
        for number, (line, at) in enumerate(lines):
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
            if line.kind in ("c", "a", "h", "p", "n", "suggest"):
                text = self._teller.deal(plan.story, number, line)
                self._speak(line, at, text, words)
                if line.kind == "c" and [one.kind for one, _ in lines[number + 1 :]] == ["ok"]:
                    self._welcome(at)
            elif line.kind == "fail":
                channel = self._record.ticket.channel
                self._record.deliver("failed", at, _REFUSED.get(channel, _REFUSED["email"]))
            else:
                self._act(line, at)

    def _speak(self, line: Line, at: dt.datetime, text: str, words: dict[str, str]) -> None:
        plan = self._plan
        agent = self._named(line) or self._agent
        text = text.format_map({**words, "agent": agent.first_name})
        match line.kind:
            case "c":
                self._customer(at, text, words)
            case "a":
                self._answers += 1
                sure = self._teller.dice().uniform(0.71, 0.97)
                why = f"The source is sure enough ({sure:.2f})."
                if "order" in line.args:
                    why = "The customer is verified for this order."
                self._play("answer", at, text=text, citations=self._cites(line, text), why=why)
                self._receipt(at)
            case "h":
                self._hand_off(line, at, text)
            case "p":
                self._play("reply", at, text=self._signed(text, agent), by=agent)
                self._agent, self._replied = agent, True
                self._receipt(at)
            case "n":
                self._play("note", at, text=text, by=agent)
            case _:
                self._play("suggest", at, text=text, citations=self._cites(line, text))
        if line.kind in ("a", "h") and not self._sorted:
            self._sorted = True
            self._play("tags", at + 2 * SECOND, tags=plan.story.tags, by=self._house.staff["ada"])

    def _welcome(self, at: dt.datetime) -> None:
        """The assistant's answer to thanks, where it still has control."""
        if self._record.ticket.control != "assistant":
            return
        text = self._teller.choose(_WELCOME[self._plan.story.language])
        self._play("answer", at + 1.6 * SECOND, text=text, why="The whole message is a thanks.")
        self._receipt(at + 2 * SECOND)

    def _customer(self, at: dt.datetime, text: str, words: dict[str, str]) -> None:
        plan, first = self._plan, not self._said
        subject = plan.story.subject.format_map(words) if plan.channel == "email" else ""
        page = None
        if first and plan.channel == "webchat" and plan.matter.order is None:
            page = page_of(plan.matter.variant)
        self._said.append(text)
        self._play(
            "receive",
            at,
            text=self._in_hand(text, first=first),
            channel=plan.channel,
            subject=subject,
            external_id=self._teller.outside_id(plan.channel),
            page=page,
        )

    def _in_hand(self, text: str, *, first: bool) -> str:
        """The words as people write them there: letters by email, haste on a phone."""
        plan = self._plan
        if plan.channel == "email":
            hello, byes, _ = _LETTER[plan.story.language]
            bye = f"{self._teller.choose(byes)}\n{plan.who.name if first else plan.who.first_name}"
            return f"{hello}\n\n{text}\n\n{bye}" if first else f"{text}\n\n{plan.who.first_name}"
        if plan.channel in ("sms", "whatsapp", "instagram", "tiktok") and self._teller.chance(0.4):
            return text[0].lower() + text[1:].removesuffix(".")
        return text

    def _signed(self, text: str, agent: Staff) -> str:
        plan = self._plan
        names = {"first": plan.who.first_name, "agent": agent.first_name}
        if plan.channel == "email":
            hello = _LETTER[plan.story.language][2].format_map(names)
            return f"{hello}\n\n{text}\n\n{agent.first_name}"
        if self._replied:
            return text
        return self._teller.choose(_HERE[plan.story.language]).format_map(names) + text

    def _hand_off(self, line: Line, at: dt.datetime, text: str) -> None:
        plan, language = self._plan, self._plan.story.language
        minutes = 15 if plan.channel == "webchat" else 60
        by = promised_by(at, minutes)
        here, there = local(by), local(at)
        short, long = _WAIT[language]
        wait = short if here.date() == there.date() else long
        day = f"{here.day}.{here.month}." if language == "de" else f"{here:%d/%m}"
        if language == "en":
            day = f"{here.day} {here:%B}"
        told = f"{text} {wait.format(time=named_clock(here, language), day=day)}"
        reason: HandoffReason = msgspec.convert(line.args[0], HandoffReason)
        suggested = [cite(one, language, text, plan.matter).quote for one in line.args[1:]]
        handoff = Handoff(
            reason=reason,
            at=at,
            summary="The customer wrote:\n" + "\n".join(f"- {one[:160]}" for one in self._said),
            wants=self._said[-1],
            tried=_tried(self._answers),
            suggested_reply=suggested[0] if suggested else "",
            promised_by=by,
        )
        why = "The customer asked for a person." if reason == "asked" else "A person decides this."
        if reason == "no_answer":
            why = "No source answers this surely enough."
        self._play("hand_off", at, text=told, handoff=handoff, why=why)
        self._receipt(at)
        if plan.story.team:
            ada = self._house.staff["ada"]
            self._play("assign", at + SECOND, team=plan.story.team, by=ada)

    def _act(self, line: Line, at: dt.datetime) -> None:
        who = self._named(line) or self._agent
        match line.kind:
            case "ok":
                self._play("resolve", at, by=who)
            case "take":
                self._agent = who
                self._play("take", at, by=who)
            case "snooze":
                until = (at + line.number * HOUR).replace(minute=0, second=0, microsecond=0)
                self._play("snooze", at, by=who, until=at_work(max(until, at + HOUR)))
            case "urgent" | "high" | "low":
                self._play("priority", at, text=line.kind, by=who)
            case "gap":
                self._answers = 0
            case _:
                raise ValueError(f"{self._plan.story.key}: no such step: {line.kind}")

    def _named(self, line: Line) -> Staff | None:
        return self._house.staff.get(line.args[0]) if line.args else None

    def _cites(self, line: Line, text: str) -> tuple[Citation, ...]:
        return tuple(
            cite(one, self._plan.story.language, text, self._plan.matter) for one in line.args
        )

    def _receipt(self, at: dt.datetime) -> None:
        for number, status in enumerate(_RECEIPTS.get(self._plan.channel, ())):
            if status == "read" and self._teller.chance(0.15):
                return
            self._record.deliver(status, at + (2 + 40 * number) * SECOND)

    def _play(self, kind: StepKind, at: dt.datetime, **values: Any) -> None:
        self._record.play(Step(kind=kind, at=at, **values))


def _tried(answers: int) -> tuple[str, ...]:
    times = {1: "once", 2: "twice"}.get(answers, f"{answers} times")
    return (f"Answered {times} before.",) if answers else ()
