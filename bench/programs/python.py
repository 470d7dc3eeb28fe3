# What a Python program does to its allocator: objects, dictionaries, strings, JSON, sorting. PYTHONMALLOC=malloc.
import json
import sys

scale = float(sys.argv[1])


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [(number * 7 + i, "item %d" % (i * number % 997)) for i in range(number % 6)]
        self.tags = {"t%d" % (number % 13): number, "u": [number]}


orders = [Order(number) for number in range(int(16000 * scale))]
by_tag = {}
for order in orders:
    for tag in order.tags:
        by_tag.setdefault(tag, []).append(order)
text = json.dumps([{"n": o.number, "l": o.lines, "t": o.tags} for o in orders])
again = json.loads(text)
orders = orders[::3]
words = sorted(" ".join(str(x) for x in o["l"]) for o in again if o["n"] % 3)
joined = "\n".join(words).upper().split("\n")
print(len(by_tag), len(text), len(again), len(set(joined)), sum(len(o.lines) for o in orders))
