"""Which emotion a voice has (AEE) and a portrait shows, and how a face gets from one to the other (EBM)."""
