"""What ends the program, in words and as an exit code. No TensorFlow."""

from configs.schema import ConfigError
from data.idx import DataError
from data.storage import explain_fault
from model.run.folder import RunError

CODES: dict[type[Exception], int] = {ConfigError: 2, DataError: 3, RunError: 1}


def explained(error: Exception) -> tuple[str, int]:
    """One short paragraph on an error, and the exit code of its kind."""
    if isinstance(error, OSError):
        return explain_fault(error) + ".", 1
    known = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
    if known is None:
        return f"{type(error).__name__}: {error}   (more: --debug)", 1
    return str(error), known
