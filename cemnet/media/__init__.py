"""Reading and writing of pictures, films and sound."""
