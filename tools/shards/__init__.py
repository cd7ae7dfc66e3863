"""Datasets that one machine does not hold: records in Parquet shards, and the passes over them as Ray Data stages."""
