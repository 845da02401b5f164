"""How a long-running command loads its modules."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def loading() -> Generator[None]:
    """Import inside this: without the collector, which finds nothing there and takes a fifth of the
    time. What was loaded stays out of its later rounds too."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
