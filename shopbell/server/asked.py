"""Ids and numbers that a request's address names."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request


def named(request: Request, parameter: str, what: str) -> UUID:
    """The id in the path; 404 for what is no id, as for an id that never was."""
    try:
        return UUID(request.path_params[parameter])
    except ValueError as wrong:
        raise HTTPException(404, f"{what} was not found") from wrong


def number(request: Request, name: str, default: int = 0) -> int:
    """A whole number of the query, at least 1 where given; 422 for anything else."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16):
        raise HTTPException(422, f"{name} must be a positive whole number")
    return max(1, int(text))
