"""What the scripts of `analysis/` are made of: arguments, tables, and files to write."""
