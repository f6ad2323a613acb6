"""Networks, heads and the predictor: the part of abawkit that runs and trains models."""

import os

# Else ONNX Runtime, from 1.32 on, as soon as it is imported writes an id of the machine and a
# database of events to send into the user's cache folder. Whoever sets it to 0 has that back.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
