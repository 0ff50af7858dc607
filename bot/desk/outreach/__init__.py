"""What we begin, as the desk sees it: what went out, what was held back and why, what came of it, what is next.

As in the insights, every number is counted over the query (`reminded`) whose rows its link shows.
"""
