"""Instagram: direct messages to a professional account."""
