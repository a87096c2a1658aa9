"""The write map of a code base: every place that writes the columns of a machine.

Pure but for `files` and `cache`: text in, `site.Site` out.
"""
