"""Faces in pictures: landmarks, the face basis fitted to them, and faces followed through a film."""
