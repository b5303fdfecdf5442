"""Pictures, films and sound: in and out of files."""
