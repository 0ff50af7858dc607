"""The course of a talk: greetings, proof, a person, calls, preferences, feedback."""
