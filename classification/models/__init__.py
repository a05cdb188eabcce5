"""Base models, loaded once and shared; adapters on them; how likely they hold a label."""
