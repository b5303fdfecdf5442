"""What the scripts in train/ use: corpora, the rule-based performer, rendered heads, refiner and networks."""
