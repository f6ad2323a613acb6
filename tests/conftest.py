"""Hypothesis profiles: ``dev`` for every day, ``ci`` for more; in CI the examples are the same."""

import os

from hypothesis import settings

settings.register_profile("dev", max_examples=100, deadline=None, derandomize="CI" in os.environ)
settings.register_profile("ci", max_examples=1000, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
