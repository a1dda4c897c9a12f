"""The joint model: shared encoder, tagger, linker, and its folder on disk."""
