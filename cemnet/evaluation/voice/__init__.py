"""Measures of hearing: held-out speakers, degraded recordings, calibration, turns, and a linear baseline."""
