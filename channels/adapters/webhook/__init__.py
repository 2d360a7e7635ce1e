"""Another system that takes messages as signed JSON and reports what became of them."""
