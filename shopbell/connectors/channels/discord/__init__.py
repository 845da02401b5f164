"""Discord: direct messages, server channels, threads and forum posts."""
