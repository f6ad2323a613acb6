"""Old predictions in a new layout: from any edition's files, tables and arrays to any other's."""

from submissions.conversion.conversion import Converted, convert, from_frame

__all__ = ["Converted", "convert", "from_frame"]
