"""How well emotion is heard: by speakers, in noise, over time, and how sure it may be."""
