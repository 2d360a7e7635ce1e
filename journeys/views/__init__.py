"""HTTP of the journeys: parse, call one operation or query, answer."""
