"""Ids and numbers that a request's address names."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

from shopbell.desk.errors import NotFound

LONGEST_NUMBER = 15
MOST = 100
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def named(request: Request, parameter: str, what: str) -> UUID:
    """The id in the path. Raises NotFound for what is no id, as for an id that never was."""
    try:
        return UUID(request.path_params[parameter])
    except ValueError:
        raise NotFound(what) from None


def named_or_numbered(request: Request, parameter: str, what: str) -> UUID | int:
    """The id in the path, or the number that people call it by. Raises NotFound."""
    text = request.path_params[parameter]
    return int(text) if is_number(text) else named(request, parameter, what)


def number(request: Request, name: str, default: int = 0) -> int:
    """A whole number of the query, at least 1 where given; 422 for anything else."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not is_number(text):
        raise HTTPException(422, f"{name} must be a positive whole number")
    return max(1, int(text))


def limited(request: Request, default: int) -> int:
    """How many rows the query asks for: never more than a page holds."""
    return min(number(request, "limit", default), MOST)


def is_number(text: str) -> bool:
    """Whether this is a whole number that a bigint holds."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


def cursor(at: datetime, named: UUID) -> str:
    """Where a list goes on: behind the row of this time and id."""
    return f"{(at - FIRST) // MICROSECOND}-{named.hex}"


def following(request: Request) -> UUID | None:
    """The id that the query's `after` names, None where there is none; 422 for what is no id."""
    text = request.query_params.get("after")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(422, "after is the next of the page before") from None


def place(request: Request) -> tuple[datetime, UUID] | None:
    """The time and id in the query's cursor, None at the beginning; 422 for one we did not make."""
    text = request.query_params.get("cursor")
    if not text:
        return None
    since, _, named = text.partition("-")
    try:
        if not (since.isascii() and since.isdigit()):
            raise ValueError
        return FIRST + int(since) * MICROSECOND, UUID(named)
    except (ValueError, OverflowError):
        raise HTTPException(422, "cursor is the next of the page before") from None
