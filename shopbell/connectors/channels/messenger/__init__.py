"""Messenger: people who write to a Facebook Page."""
