"""What the desk refuses, in words for people; each door turns these into its own form."""


class DeskError(Exception):
    """A refusal: `kind` is short and stable, `title` says what is wrong, `detail` what to do."""

    kind = "refused"
    status = 409
    retry_after: int | None = None

    def __init__(self, title: str, detail: str = "", *, holder: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.holder = holder


class NotFound(DeskError):
    """Not there, or not for this caller: the two are not told apart."""

    kind = "not_found"
    status = 404

    def __init__(self, what: str = "Nothing") -> None:
        super().__init__(f"{what} was not found", "Check the address, or go back to the list.")


class Taken(DeskError):
    """Another agent has the ticket."""

    kind = "taken"

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} has this ticket", "Take it on purpose to go on.", holder=holder)


class Fenced(DeskError):
    """Control moved on since this author read the ticket: nothing was written."""

    kind = "fenced"

    def __init__(self) -> None:
        super().__init__("Control of this ticket has changed", "Look at the thread again.")


class Invalid(DeskError):
    """What was typed cannot be taken."""

    kind = "invalid"
    status = 422
