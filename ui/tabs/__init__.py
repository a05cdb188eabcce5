"""One file a tab, and the parts of a tab that are long enough for their own."""
