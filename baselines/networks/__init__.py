"""Backbones: a table of them, readable without torch, and the torch modules built from it."""
