"""Browser push through the push services of the browsers' makers."""
