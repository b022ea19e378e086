"""The CORS engine: pure, usable alone, importing nothing of Crossgate's.

origin and pattern say what an entry means, policy is one as plain data, check and advice say what is wrong or
unwise in it, table compiles it for answering, server joins the answer with the backend's.
"""
