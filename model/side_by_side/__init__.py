"""Runs read back and set beside each other. No TensorFlow."""
