"""Heads of ICT-FaceKit, rendered, and what is learned from them."""
