"""Answering everything again without a filter."""
