"""`make bench`: what the generated service takes to start, to answer, to build and to deploy, over a fresh render."""
