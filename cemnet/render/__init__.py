"""From a portrait and curves to frames."""
