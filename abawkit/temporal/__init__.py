"""From some frames to all frames, and from noisy frames to smooth ones, within one video.

Both functions take one `Track` and give one `Track`, so nothing can cross a video's border. Fill
first, smooth after, decide last: probabilities are filtered, never labels.
"""

from abawkit.temporal.filters import FILTERS, Filter, smooth
from abawkit.temporal.gaps import FILLS, Fill, fill

__all__ = ["FILLS", "FILTERS", "Fill", "Filter", "fill", "smooth"]
