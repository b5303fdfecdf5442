"""What makes training data and trains on it; needs the `train` extra."""
