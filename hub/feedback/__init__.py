"""``python -m hub.feedback``: labels that visitors gave, kept on the Hub and read back as rows."""
