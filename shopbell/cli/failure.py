"""The one kind of error that commands show as a line instead of a traceback."""


class Failure(Exception):
    """One line that says what is wrong and what to do about it; `code` is what the command exits with."""

    code = 1
