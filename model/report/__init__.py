"""What all reports are made of: figures, words for numbers, tables, pages. It computes nothing."""
