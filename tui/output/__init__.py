"""What a run without a screen writes of objects: JSON, CSV or CLIXML, one object after the other.

Read ``writer.py`` first. ``elements.py`` reads what was sent; ``json_values.py`` says what each value is in JSON.
"""
