"""Experiments as YAML, and the schema that checks them."""
