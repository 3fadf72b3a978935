"""The stranger's test: what is said of data and networks that the program does not know, checked anew."""
