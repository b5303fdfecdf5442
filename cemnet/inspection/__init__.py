"""Shows faces, voices and motions to people: plots, contact sheets and words."""
