"""Reference emotion × voice emotion: systems, judge, scores and report."""
