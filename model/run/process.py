"""What a process does that does jobs: TensorFlow made ready once, and each job ends one way or another."""

import os
import re
import sys
import traceback
from typing import Any

from data.splits import Splits
from data.storage import explain_fault
from model.run.arithmetic import prepare
from model.run.jobs import Done, Failed, JobFailed, Tell

KERAS_TRIES = {"matplotlib.pyplot", "pandas", "sklearn"}  # it imports them where they are installed
WHERE = re.compile(  # how a paragraph begins that says where an error was met, and not what it is
    r'in user code:|Graph execution error:|Detected at node|<stack traces|File "|'
    r"(\w+: )?Exception encountered when calling"
)


def variables(threads: int) -> dict[str, str]:
    """What must stand in the environment before NumPy is imported: so many threads an operation."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))


def set_up(threads: int, side_by_side: int, onednn: bool | None, debug: bool) -> None:
    """Import TensorFlow, with so many threads an operation, and so many operations of a job at a time."""
    if not debug:  # TensorFlow chatters from when it is imported
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    prepare(onednn)
    tf = _import_tensorflow()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(side_by_side)


def attempt(
    function: Any, splits: Splits | None, tell: Tell, arguments: dict[str, Any], debug: bool
) -> tuple[type[Done] | type[Failed], Any]:
    """Do a job -> how it ended, and what it returned or why it failed."""
    try:
        return Done, function(splits, tell, **arguments)
    except JobFailed as error:
        return Failed, str(error)
    except MemoryError:
        return Failed, "not enough memory"
    except Exception as error:
        if debug:
            traceback.print_exc()
        return Failed, reason_of(error)


def _import_tensorflow() -> Any:
    """TensorFlow and Keras, without what Keras only tries to import: it would take as long as Keras."""
    tried: dict[str, Any] = dict.fromkeys(KERAS_TRIES - sys.modules.keys())
    sys.modules |= tried  # None: Python says that there is no such module
    import tensorflow

    for name in tried:
        del sys.modules[name]
    return tensorflow


def reason_of(error: BaseException) -> str:
    """An error that was not foreseen, in one line."""
    if isinstance(error, OSError):
        return explain_fault(error)
    if type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return "not enough memory"
    kind = type(error).__name__
    return f"{kind}: {_telling_line(str(error)).removeprefix(f'{kind}: ')[:300]}"


def _telling_line(text: str) -> str:
    """The line that says what is wrong: TensorFlow and Keras say first where they met it."""
    plain = re.sub(r"\x1b\[\d*m|\{\{function_node .*?\}\} |\s*\[Op:.*", "", text)
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", plain)]
    told = [paragraph for paragraph in paragraphs if paragraph and not WHERE.match(paragraph)]
    return (told or paragraphs)[0].partition("\n")[0]
