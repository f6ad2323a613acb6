"""Feature sets that are made up, so that it is known what theory allows on them.

Videos, persons, labels and what three networks say of every frame are drawn from one generating
model of Gaussian clusters. The best prediction that can be made of a frame follows from it, and
no training may beat it by more than chance.
"""
