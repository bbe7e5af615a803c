"""Tables as they lie in files, and how their cells are read.

Plain Python without Django: a file is opened (``containers``), decoded (``encodings``),
split into records (``delimited``, ``workbooks``, ``columnar``), its table is found
(``layout``), each column gets a reading (``columns``) and a role (``roles``), and the
whole is a recipe (``recipes``) that reads the next file of the same form alike.
"""
