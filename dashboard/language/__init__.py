"""The languages of the pages: one catalogue for templates, Python and JavaScript."""
