"""The SQLite file of a knowledge base: its schema, how it is built, read and changed."""
