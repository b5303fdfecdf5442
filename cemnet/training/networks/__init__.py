"""Batches, losses and settings that AEE, EBM and motion decoder learn from."""
