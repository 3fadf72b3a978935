"""One network, trained and scored."""
