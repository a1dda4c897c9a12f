"""Formats of documents: a file each, with its reader and its writer."""
