"""The SQLite file of the cache: what was compiled, from what, into which blobs. Knows no compiler."""
