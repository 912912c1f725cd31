"""What people and build tools type: the Python front, and the commands around the cache."""
