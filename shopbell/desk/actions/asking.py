"""Reading an action from what a person or a program typed."""

from decimal import Decimal
from typing import Any

import msgspec

from shopbell.desk.actions.types import NAMES, Action, Refund
from shopbell.desk.errors import Invalid

LONGEST = 20_000
MOST = 1_000_000


def cents(amount: Decimal) -> int | None:
    """An amount in hundredths, or None for one that is none: negative, endless, huge, or finer."""
    if not amount.is_finite() or not 0 <= amount <= MOST or amount != round(amount, 2):
        return None
    return int(amount * 100)


def read_action(name: str, args: bytes | str) -> Action:
    """The typed action in a name and the JSON of its arguments. Raises Invalid with what is wrong."""
    if name not in NAMES:
        raise Invalid(f"There is no action {name}", f"There are: {', '.join(NAMES)}.")
    if len(args) > LONGEST:
        raise Invalid(f"The arguments are longer than {LONGEST} characters", "Shorten them.")
    try:
        given: Any = msgspec.json.decode(args)
        if not isinstance(given, dict):
            raise Invalid("The arguments are no JSON object", f"Give those of {name} in braces.")
        tagged: dict[str, Any] = {**given, "action": name}
        if "action" in given:
            raise Invalid("The arguments hold a field action", "The name is given beside them.")
        action = msgspec.convert(tagged, Action, strict=False)
    except UnicodeDecodeError:
        raise Invalid("The arguments are not UTF-8", "Write them in UTF-8.") from None
    except msgspec.ValidationError as wrong:
        raise Invalid(f"The arguments do not fit {name}", f"{wrong}.") from None
    except msgspec.DecodeError as wrong:
        raise Invalid("The arguments are not JSON", f"{wrong}.") from None
    if isinstance(action, Refund) and action.amount is not None and not cents(action.amount):
        raise Invalid("The amount is none", f"Give one of 0.01 to {MOST}, such as 12.50.")
    if "\\u0000" in msgspec.json.encode(action).decode():
        raise Invalid("The arguments hold a NUL character", "Take it out.")
    return action
