"""``python -m hub.space``: a lineup becomes a Space."""
