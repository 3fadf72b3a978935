"""What was found, drawn and told: figures, pages, tables. Computes nothing, needs no TensorFlow."""
