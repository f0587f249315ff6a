"""Search strategies, one file each: coroutines that ask for shots and decide."""
