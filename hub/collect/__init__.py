"""``python -m hub.collect``: a collection of all that a lineup names."""
