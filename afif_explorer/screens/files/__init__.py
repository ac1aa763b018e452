"""Files that come in and go out: exports of the results on screen, and somebody's own table.

What a file contains, what it is called and why there is none is declared here, for both user interfaces.
"""
