"""What other tools are given: one package for each of them, imported only by who uses it."""
