"""Figures of finished studies, drawn from the numbers of `xlingual.report` and `xlingual.analyses`.

There is one function a figure. Each returns a `matplotlib.figure.Figure`, which `xlingual.figures.style` saves, or
returns as SVG. Nothing is computed here but places on the paper.
"""
