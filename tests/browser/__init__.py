"""The engine's predictions beside what real browsers do: generated cases, a scripted server, a comparison."""
