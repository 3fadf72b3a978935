"""What ends the program, in words and as an exit code. No TensorFlow."""

import signal
from collections.abc import Sequence

from configs.schema import ConfigError
from data.idx import DataError
from data.storage import explain_fault
from model.run.folder import RunError

# Verbs that keep nothing of what they had begun.
BEGIN_AGAIN = {"compare", "data", "export", "lesson", "predict", "schema", "show", "status"}
CODES: dict[type[Exception], int] = {ConfigError: 2, DataError: 3, RunError: 1}


def explained(error: Exception) -> tuple[str, int]:
    """One short paragraph on an error, and the exit code of its kind."""
    if isinstance(error, OSError):
        return explain_fault(error) + ".", 1
    known = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    if known is None:
        return f"{type(error).__name__}: {error}   (more: --debug)", 1
    return str(error), known


def interrupted_in_words(number: int, arguments: Sequence[str]) -> str:
    """What a signal leaves of the command line that it ends, and what the same command does then."""
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    if BEGIN_AGAIN & set(arguments[:1]):
        return f"Interrupted by {name}. The same command begins again."
    again = "the same command without --fresh" if "--fresh" in arguments else "the same command"
    return f"Interrupted by {name}. What was finished is kept; {again} goes on."
