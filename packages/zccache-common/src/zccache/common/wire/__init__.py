"""What goes over the socket; not what it is for."""
