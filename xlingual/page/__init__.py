"""A study's report as one HTML page: the report's own numbers, and figures, as `xlingual.figures` draws them.

Templates escape all that they are given; only drawings are markup, and their texts are escaped by an XML library.
"""
