"""The shared encoder: from the words of documents to one vector a token."""
