"""What a run rested on, for every way in which a tool tells it: a file for each way."""
