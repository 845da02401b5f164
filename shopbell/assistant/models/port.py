"""What the assistant needs of a language model, whoever makes it."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from shopbell.assistant.types import Usage

Trouble = Literal["model_failed", "model_timeout", "model_garbled", "model_refused", "over_budget"]


class ModelFailure(Exception):
    """A model gave no usable answer; `trouble` is the reason a handoff carries."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble: Trouble = trouble


class Prompt(Struct, frozen=True, kw_only=True):
    """One message to a model. Customers' and pages' words are only ever in `user` ones, as data."""

    role: Literal["system", "user"]
    content: str


class Caps(Struct, frozen=True, kw_only=True):
    """What one call may use: tokens out, characters in, seconds to the first word and in all."""

    output_tokens: int = 700
    input_characters: int = 24_000
    first_seconds: float = 10.0
    seconds: float = 25.0


class Completed(Struct, frozen=True, kw_only=True):
    text: str
    usage: Usage


class Model(Protocol):
    """A model by name. Both ways raise ModelFailure and nothing else."""

    @property
    def name(self) -> str: ...

    async def complete(self, prompts: Sequence[Prompt], caps: Caps) -> Completed: ...

    def stream(self, prompts: Sequence[Prompt], caps: Caps) -> AsyncIterator[str | Usage]:
        """Pieces of text as they come, then one Usage."""
        ...
