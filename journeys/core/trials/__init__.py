"""Tests of journeys as their authors write them: read, cast, judged. Nothing here runs them."""
