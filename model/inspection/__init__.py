"""A look inside a network: computed into files, and nothing drawn."""
