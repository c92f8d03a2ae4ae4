"""Many donations together: verified, deduplicated, counted over donors, released with small cells held
back. Needs the extra ``[pool]``; nothing heavier than the standard library is imported on import."""
