"""The long-running commands as child processes of another one."""

import os
import sys

from shopbell.cli.embedded.children import Child
from shopbell.settings import SETTINGS, Settings


def command(name: str, settings: Settings, *, log: str | None = None) -> Child:
    """`shopbell NAME` with exactly these settings, not started yet; logs to `logs/LOG.log`."""
    ours = {setting.variable for setting in SETTINGS}
    others = {key: value for key, value in os.environ.items() if key not in ours}
    return Child(
        [sys.executable, "-m", "shopbell.cli", name, "--data", str(settings.data)],
        log=settings.data / "logs" / f"{log or name}.log",
        env={**others, **variables(settings)},
    )


def variables(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for a child to read the same."""
    found: dict[str, str] = {}
    for setting in SETTINGS:
        value = getattr(settings, setting.field)
        if value:
            joined = ",".join(settings.trusted_proxies)
            found[setting.variable] = joined if isinstance(value, tuple) else str(value)
    return found
