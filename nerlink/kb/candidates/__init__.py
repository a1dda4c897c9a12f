"""What a surface may mean: candidate generators, and how well they do."""
