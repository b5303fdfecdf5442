"""What is measured in a voice, and the speech encoder."""
