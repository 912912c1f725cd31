"""The daemon: answers compile requests over a local socket with warm memory."""
