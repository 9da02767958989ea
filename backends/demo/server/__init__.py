"""The endpoint's side of the protocol: packets, pool, pipelines, streams and host calls.

Enter by ``endpoint.py``; ``pool.py`` answers a client's messages, ``pipeline.py`` runs what it sends.
"""
