"""The head that links mentions: candidates, their features, prototypes, a second look."""
