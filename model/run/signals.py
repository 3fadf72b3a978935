"""What stops the program from outside: Ctrl-C and SIGTERM. It imports nothing that takes time."""

import signal
from types import FrameType


class Interrupted(BaseException):
    """A signal asks to stop; `number` is its own."""

    def __init__(self, number: int) -> None:
        self.number = number


def await_signals() -> None:
    """From now on the first Ctrl-C or SIGTERM raises Interrupted; a second one ends the process at once."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)
    raise Interrupted(number)
