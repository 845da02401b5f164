"""Models through litellm's SDK, which is imported only here and only when it is used."""

import asyncio
import os
import threading
import warnings
from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Any

from shopbell.assistant.models.port import Caps, Completed, ModelFailure, Prompt
from shopbell.assistant.types import Usage

_loading = threading.Lock()


class LitellmModel:
    """One model litellm reaches. The first call loads litellm (seconds): `warm_up` in a worker."""

    def __init__(self, name: str, *, key: str | None = None, api_base: str | None = None) -> None:
        self._name = name
        self._key = key
        self._api_base = api_base

    @property
    def name(self) -> str:
        return self._name

    async def warm_up(self) -> None:
        """Load litellm off the event loop."""
        await asyncio.to_thread(_litellm)

    async def complete(self, prompts: Sequence[Prompt], caps: Caps) -> Completed:
        pieces: list[str] = []
        usage = Usage(model=self._name)
        async for piece in self.stream(prompts, caps):
            if isinstance(piece, Usage):
                usage = piece
            else:
                pieces.append(piece)
        return Completed(text="".join(pieces), usage=usage)

    async def stream(self, prompts: Sequence[Prompt], caps: Caps) -> AsyncIterator[str | Usage]:
        if sum(len(one.content) for one in prompts) > caps.input_characters:
            raise ModelFailure("over_budget", "the prompt is longer than its cap")
        lib = await asyncio.to_thread(_litellm)
        clock = asyncio.get_running_loop().time
        end = clock() + caps.seconds
        limit = min(end, clock() + caps.first_seconds)
        usage = Usage(model=self._name)
        finish: str | None = None
        chunks: Any = None
        try:
            async with asyncio.timeout_at(limit):
                chunks = await lib.acompletion(
                    model=self._name,
                    messages=[{"role": one.role, "content": one.content} for one in prompts],
                    stream=True,
                    stream_options={"include_usage": True},
                    max_tokens=caps.output_tokens,
                    temperature=0.2,
                    timeout=caps.seconds,
                    num_retries=0,
                    max_retries=0,
                    drop_params=True,
                    api_key=self._key or ("none" if self._api_base else None),
                    api_base=self._api_base,
                )
            source = aiter(chunks)
            while True:
                try:
                    async with asyncio.timeout_at(limit):
                        chunk = await anext(source)
                except StopAsyncIteration:
                    break
                told: Any = getattr(chunk, "usage", None)
                if told is not None:
                    usage = _usage(lib, self._name, told)
                choice: Any = chunk.choices[0] if chunk.choices else None
                if choice is None:
                    continue
                finish = choice.finish_reason or finish
                if getattr(choice.delta, "refusal", None):
                    raise ModelFailure("model_refused", "the model refused")
                if choice.delta.content:
                    limit = end
                    yield str(choice.delta.content)
        except TimeoutError:
            raise ModelFailure("model_timeout", "the model took too long") from None
        except ModelFailure:
            raise
        except Exception as error:
            raise _failure(lib, error) from error
        finally:
            if chunks is not None and hasattr(chunks, "aclose"):
                await chunks.aclose()
        if finish == "content_filter":
            raise ModelFailure("model_refused", "the model's filter stopped it")
        yield usage


def _litellm() -> Any:
    with _loading:
        return _loaded()


@cache
def _loaded() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm

        lib: Any = litellm
        lib.suppress_debug_info = True
        lib.telemetry = False
        # Its types are built at the first call, which would make that one slow and warn: so the
        # first call is one to nobody.
        messages = [{"role": "user", "content": "ready?"}]
        ready = lib.completion(
            model="gpt-4o-mini", messages=messages, mock_response="yes", stream=True
        )
        for _ in ready:
            pass
    return lib


def _usage(lib: Any, model: str, told: Any) -> Usage:
    sent, came = int(told.prompt_tokens or 0), int(told.completion_tokens or 0)
    try:
        prices = lib.cost_per_token(model=model, prompt_tokens=sent, completion_tokens=came)
        cost: float | None = float(sum(prices))
    except Exception:  # litellm raises bare Exceptions for models without a price
        cost = None
    return Usage(model=model, input_tokens=sent, output_tokens=came, cost_usd=cost)


def _failure(lib: Any, error: Exception) -> ModelFailure:
    if isinstance(error, lib.Timeout):
        return ModelFailure("model_timeout", "the model took too long")
    if isinstance(error, lib.ContentPolicyViolationError):
        return ModelFailure("model_refused", "the model's provider refused")
    if isinstance(error, lib.RateLimitError | lib.BudgetExceededError):
        return ModelFailure("over_budget", f"the model's limit is reached ({type(error).__name__})")
    return ModelFailure("model_failed", f"the model failed ({type(error).__name__})")
