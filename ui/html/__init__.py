"""Data in, HTML out: pure functions, every text from outside escaped and bounded."""
