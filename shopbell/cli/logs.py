"""What a command logs: one `key=value` line an event, on stderr."""

import logging
import sys

import structlog


def begin_logging(level: str) -> None:
    """Send our events and other libraries' warnings to stderr, from this level on."""
    number = getattr(logging, level.upper())
    logging.basicConfig(
        level=max(number, logging.WARNING),
        force=True,
        format="%(asctime)s level=%(levelname)s logger=%(name)s event=%(message)r",
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
