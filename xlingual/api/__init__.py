"""The library's public face: what `import xlingual` offers and the command line is made of."""
