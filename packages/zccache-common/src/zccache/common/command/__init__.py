"""A command as the user typed it, and what it comes to."""
