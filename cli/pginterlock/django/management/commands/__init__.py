"""Commands of manage.py: one module each, as Django finds them."""
