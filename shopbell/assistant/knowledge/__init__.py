"""The shop's knowledge: cut, embedded, and found again."""
