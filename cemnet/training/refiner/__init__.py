"""Pairs of frames and the losses that the refiner learns from."""
