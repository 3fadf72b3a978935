"""Who is better and by how much, in numbers, words and pictures. No TensorFlow."""
