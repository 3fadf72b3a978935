"""`export`: networks, numbers and pictures of a run in forms that other programs take."""
