"""Browser tests take `stack` (tests/stack.py) and `browser` (tests/browsing.py); both need no import."""
