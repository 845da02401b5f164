"""Shopbell: a help desk for shops, where an assistant answers first and people take over live."""

__version__ = "0.1.0"
