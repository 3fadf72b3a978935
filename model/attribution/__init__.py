"""Which pixels speak for a class, whether that holds, and what a filter or a class wants."""
