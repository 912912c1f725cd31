"""What a compile read and where it looked in vain, found from directives, search paths and folders."""
