"""LINE, by an official account."""
