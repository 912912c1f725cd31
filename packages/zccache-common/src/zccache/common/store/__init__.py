"""The files of the cache: content-addressed blobs, their delivery, their end. Knows no compiler, no SQL."""
