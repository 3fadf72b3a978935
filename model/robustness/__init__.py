"""What answers and maps do when pictures are perturbed."""
