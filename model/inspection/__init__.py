"""What filters are: their passports, measured, written, read again and drawn."""
