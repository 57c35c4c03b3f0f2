"""Every image judged by a model that never saw it: folds, processes, inference."""
