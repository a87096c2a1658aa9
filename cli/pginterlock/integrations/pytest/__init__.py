"""For pytest: a database under its machines for each test, and what a refused write looks like.

``plugin`` is what pytest loads: options and fixtures, and nothing heavy. ``place`` makes the
databases, ``database`` is what a test is given, ``refusing`` judges what a block did.
"""
