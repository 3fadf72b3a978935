import pytest

from model.run.process import reason_of

IN_A_LAYER = """\
Exception encountered when calling Conv2D.call().

\x1b[1m{{function_node __wrapped__Conv2D_device_/device:CPU:0}} only supports NHWC [Op:Conv2D]\x1b[0m

Arguments received by Conv2D.call():
  • inputs=tf.Tensor(shape=(1, 3, 4, 4), dtype=float32)"""
IN_A_GRAPH = """\
Graph execution error:

Detected at node GatherV2 defined at (most recent call last):
  File "x.py", line 25, in <module>

  File "x.py", line 24, in bad

indices = 7 is not in [0, 2)
\t [[{{node GatherV2}}]] [Op:__inference_bad_108]"""
IN_BOTH = """\
in user code:

    File "x.py", line 15, in run  *
        return model(x)

    ValueError: Exception encountered when calling Sequential.call().
    
    \x1b[1mexpected axis -1 to have value 3\x1b[0m
    
    Arguments received by Sequential.call():
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (IN_A_LAYER, "ValueError: only supports NHWC"),
        (IN_A_GRAPH, "ValueError: indices = 7 is not in [0, 2)"),
        (IN_BOTH, "ValueError: expected axis -1 to have value 3"),
        ("one line\nand more", "ValueError: one line"),
        ("in user code:", "ValueError: in user code:"),
        ("", "ValueError: "),
    ],
)
def test_of_what_tensorflow_says_the_telling_line_is_shown(text, told):
    assert reason_of(ValueError(text)) == told
