"""A report as one self-contained page: no server, no network, no tracking."""
