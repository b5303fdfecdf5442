"""The measures behind train/evaluate.py; training never imports them."""
