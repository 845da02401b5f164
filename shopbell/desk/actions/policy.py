"""The policy engine: plain ordered rules over typed facts.

Some things no rule changes (`_floor`); then the first rule whose conditions all hold decides, and where
none does, people are asked. Pure: the same facts and rules give the same verdict everywhere.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from shopbell.desk.actions.types import ABOUT_NO_ORDER, ActionName, Decision, Facts, Verdict
from shopbell.desk.errors import Invalid

SHIPPED = Path(__file__).with_name("policy.toml")
LONGEST = 100_000
_Text = Annotated[str, Meta(min_length=1, max_length=500)]


class Range(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of a number; all that are given hold."""

    at_most: int | None = None
    below: int | None = None
    at_least: int | None = None
    above: int | None = None

    def holds(self, number: int) -> bool:
        return (
            (self.at_most is None or number <= self.at_most)
            and (self.below is None or number < self.below)
            and (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
        )


Condition = bool | str | tuple[str, ...] | Range


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided when all of `when` holds for one of `actions` (any, where none is named)."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    actions: tuple[ActionName, ...] = ()
    when: dict[str, Condition] = {}
    decision: Decision
    reason: _Text
    tell: _Text


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ordered rules."""

    rule: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=200)]


def check_policy(text: str) -> Policy:
    """The rules in a TOML text. Raises Invalid with what is wrong in it, and where."""
    if len(text) > LONGEST:
        raise Invalid(f"The policy is longer than {LONGEST} characters", "Take rules out.")
    try:
        policy = msgspec.convert(tomllib.loads(text), Policy)
    except tomllib.TOMLDecodeError as wrong:
        raise Invalid("The policy is not TOML", f"{wrong}.") from None
    except msgspec.ValidationError as wrong:
        raise Invalid("The policy has a rule that cannot be read", f"{wrong}.") from None
    names = [rule.name for rule in policy.rule]
    for name in names:
        if names.count(name) > 1:
            raise Invalid(f"Two rules are called {name}", "Give each its own name.")
    for rule in policy.rule:
        for fact, condition in rule.when.items():
            wrong = _misfit(fact, condition)
            if wrong:
                raise Invalid(f"The rule {rule.name} cannot be tried", wrong)
    return policy


@cache
def shipped() -> Policy:
    """The rules that Shopbell comes with."""
    return check_policy(SHIPPED.read_text("utf-8"))


def decide(policy: Policy, facts: Facts, version: int = 0) -> Verdict:
    """What may become of an action, given what is known."""
    floor = _floor(facts)
    if floor is not None:
        name, reason, tell = floor
        return Verdict(decision="refuse", rule=name, reason=reason, tell=tell, version=version)
    known = _known(facts)
    for rule in policy.rule:
        if rule.actions and facts.action not in rule.actions:
            continue
        if all(_holds(condition, known.get(fact)) for fact, condition in rule.when.items()):
            return Verdict(
                decision=rule.decision,
                rule=rule.name,
                reason=rule.reason,
                tell=rule.tell,
                version=version,
            )
    return Verdict(
        decision="needs_approval",
        rule="no-rule",
        reason="No rule speaks of this: people decide.",
        tell="A colleague decides about this; I have passed it on.",
        version=version,
    )


def _floor(facts: Facts) -> tuple[str, str, str] | None:
    if facts.asked_by == "viewer":
        return "role", "A viewer changes nothing.", "A colleague will do this for you."
    if not facts.verified:
        return (
            "unverified",
            "The customer is not verified.",
            "I first need to know that this is you: please sign in, or prove your address with a code.",
        )
    if facts.action not in ABOUT_NO_ORDER and not (facts.order_known and facts.order_is_theirs):
        return (
            "no-such-order",
            "The customer has no order of this number.",
            "I find no order of yours with this number.",
        )
    if facts.impossible:
        return "impossible", facts.impossible, facts.impossible
    return None


_DERIVED = {"changes": bool}
_TYPES = {one.name: one.type for one in msgspec.structs.fields(Facts)} | _DERIVED
_HIDDEN = ("action", "impossible")


def _known(facts: Facts) -> dict[str, Any]:
    return msgspec.structs.asdict(facts) | {"changes": facts.action != "look_up_order"}


def _misfit(fact: str, condition: Condition) -> str:
    """What is wrong with asking this of a fact, or nothing."""
    if fact not in _TYPES or fact in _HIDDEN:
        names = ", ".join(sorted(set(_TYPES) - set(_HIDDEN)))
        return f"There is no fact {fact}. There are: {names}."
    kind = _TYPES[fact]
    if kind is bool:
        return "" if isinstance(condition, bool) else f"{fact} is true or false."
    if kind in (int, int | None):
        return (
            "" if isinstance(condition, Range) else f"{fact} is a number: say {{ at_most = 10 }}."
        )
    return "" if isinstance(condition, str | tuple) else f"{fact} is a word, or a list of words."


def _holds(condition: Condition, fact: Any) -> bool:
    match condition:
        case bool():
            return fact is condition
        case Range():
            return isinstance(fact, int) and condition.holds(fact)
        case str():
            return condition in fact if isinstance(fact, tuple) else fact == condition
        case _:
            return any(_holds(one, fact) for one in condition)
