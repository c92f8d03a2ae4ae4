"""The glue that both front ends call: read from the store, run a stage, save each result."""
