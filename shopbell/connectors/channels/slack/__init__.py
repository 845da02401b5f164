"""Slack: direct messages, channels with threads, and channels shared between companies."""
