"""Documents as rows of tokens: which tokens, which white space between them, which tags."""
