"""What the command line of each tool family comes to."""
