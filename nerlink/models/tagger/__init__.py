"""The head that finds mentions: tags for tokens, decoded to spans."""
