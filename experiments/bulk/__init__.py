"""What tagging millions of documents costs, and what it survives."""
