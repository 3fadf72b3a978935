"""The networks: their training, what is inside them, and what is told of them.

Whatever is imported from here, these settings come first: libraries read them as they are imported, and no
answer may depend on what else is set up on a machine.
"""

import os
import sys

for name in [name for name in os.environ if name.startswith("KERAS_")]:
    del os.environ[name]
os.environ |= {
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,  # no folder, so no keras.json: data format, dtype and epsilon are Keras's own
}
if "ipykernel" not in sys.modules:  # a notebook shows what its user draws
    os.environ["MPLBACKEND"] = "agg"  # pictures are files: no window, and nothing that is needed to open one
