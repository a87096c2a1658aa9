"""The peers, as a small Django application and a small SQLAlchemy model that use them.

What is measured is the SQL that their own packages generate; nothing of it is written here.
"""
