"""A comparison as text: for a terminal, Markdown and spreadsheets."""
