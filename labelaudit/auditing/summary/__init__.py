"""What a scan comes to in short: how bad a dataset is, and how a network sees it."""
