"""``python -m hub.comparisons``: a comparison becomes a dataset on the Hub, and back."""
