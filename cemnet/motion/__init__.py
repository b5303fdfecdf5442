"""ARKit curves: how they are made out of speech and emotion, edited, read and written."""
