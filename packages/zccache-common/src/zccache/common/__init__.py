"""What every zccache tool stands on: keys, rooms on disk, the wire, and the walk of one compile."""
