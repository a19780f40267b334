"""`manage.py up`: everything on this machine, until Ctrl-C."""
