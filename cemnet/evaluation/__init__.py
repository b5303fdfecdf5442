"""What train/evaluate.py measures; training never imports it."""
