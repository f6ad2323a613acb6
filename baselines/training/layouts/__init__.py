"""Data sets on disk: AffectNet, VGGFace2, a folder a class, and frames with annotations."""
