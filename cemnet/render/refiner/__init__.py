"""The small network that lights and folds the skin, and what it is given."""
