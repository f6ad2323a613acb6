"""Packing a submission as it is sent: checked first, and with a manifest beside it."""
