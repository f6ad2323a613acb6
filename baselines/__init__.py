"""Networks, heads and the predictor: the part of abawkit that runs and trains models."""
