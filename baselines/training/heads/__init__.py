"""Heads on frozen features: data, losses, training."""
