"""What a tool really is: which files its behaviour comes from, and how that is remembered."""
