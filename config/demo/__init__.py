"""The main job on real input:
purchases of 2,357 customers replayed through the public door on the test clock.
"""
