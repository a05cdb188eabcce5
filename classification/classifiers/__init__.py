"""One file a family of classifiers; all keep the contract of `classification.predictions.Classifier`."""
