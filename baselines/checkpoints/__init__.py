"""Weights: where they come from, how they are read safely, how they become ONNX files."""
