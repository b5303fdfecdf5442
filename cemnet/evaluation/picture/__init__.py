"""Renderer and refiner against rendered truth, identity, and hard portraits."""
