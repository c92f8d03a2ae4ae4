"""The report: figures with intervals from judgments, and their renderings. Neither a screen nor a
store: columns in, figures out, text out."""
