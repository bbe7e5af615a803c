"""What pages show, read from the database; nothing here writes."""

from mlops.selectors.counts import waiting_counts

__all__ = ["waiting_counts"]
