"""How right the write map is: `interlock scan` against projects that were labelled by hand."""
