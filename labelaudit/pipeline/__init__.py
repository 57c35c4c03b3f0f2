"""What a training pipeline calls before it trains: any labels as a dataset, and a gate."""
