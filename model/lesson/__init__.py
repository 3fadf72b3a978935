"""Convolution and pooling worked by hand, then checked against Keras."""
