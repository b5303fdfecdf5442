"""What a person looks at: plots, contact sheets and words."""
