"""ARKit curves: made from speech and emotion, edited, read and written."""
