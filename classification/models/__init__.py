"""Base models, loaded once and shared; adapters on them; log-likelihoods of labels."""
