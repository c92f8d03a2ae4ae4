"""The protocol itself: extraction and judging. Knows neither Textual nor the store's inside."""
