"""``python -m hub.push``: a run folder becomes a model on the Hub."""
