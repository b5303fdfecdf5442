"""The benchmark on real faces: held-out actors, baselines, the memory of people, and voices."""
