"""What lies in the files that linkers and archivers read, and where linkers look for them."""
