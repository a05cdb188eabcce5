"""``python -m classification search-prompt``: finds the prompt that does best on validation rows."""
