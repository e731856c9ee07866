# An example only: which devices a system gives away is the owner's decision.
dist_examples_DATA += udev/80-mhifs.rules.example
