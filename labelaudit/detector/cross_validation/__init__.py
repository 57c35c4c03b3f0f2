"""Every image scored by models that were not trained on it: folds, processes, inference."""
