"""``python -m hub.jobs``: a training runs on the Hub's machines."""
