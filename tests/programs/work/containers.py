"""A small workload for every policy: few live objects, much turnover, blocks of many sizes, a thread."""
import random
import sys
import threading


def turn_over(seed):
    chance = random.Random(seed)
    kept = {}
    total = 0
    for turn in range(1500):
        key = chance.randrange(150)
        kept[key] = "y" * chance.choice((3, 30, 300, 3000, 70000 if turn % 50 == 0 else 9))
        total += len(kept[key])
        if turn % 3 == 0:
            kept.pop(chance.randrange(150), None)
    print(total, len(kept), sum(map(len, kept.values())))


turn_over(1)
thread = threading.Thread(target=turn_over, args=(2,))
thread.start()
thread.join()
grows = bytearray()
for _ in range(200):
    grows += b"z" * 7777
print(len(grows), grows.count(b"z"))
sys.exit(3)
