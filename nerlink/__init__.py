"""Find the entities in documents and link them to a knowledge base."""
