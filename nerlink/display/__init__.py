"""Documents, mistakes and reports for people to look at: HTML pages and the terminal."""
