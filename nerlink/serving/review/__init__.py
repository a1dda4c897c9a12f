"""A page to review documents on: mentions marked, linked and corrected by people, and kept."""
