"""What the training scripts share: options, rows as a trainer takes them, checkpoints, the written run."""
