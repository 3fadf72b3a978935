"""`predict`: what the networks of a run say of pictures of one's own, how sure, and why."""
