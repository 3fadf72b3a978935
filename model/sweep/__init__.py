"""A sweep: the same models under many settings, which of them is best by validation, and what each costs."""
