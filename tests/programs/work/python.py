"""Much allocation in python3: containers, text, threads, forked children. Prints digests."""
import collections, concurrent.futures, decimal, gc, hashlib, json, multiprocessing, os, pickle, queue
import random, re, subprocess, sys, threading, zlib

scale = int(sys.argv[1])


def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def containers(seed, rounds):
    """Lists, dictionaries and sets that grow, shrink and turn over."""
    chance = random.Random(seed)
    table, kept = {}, collections.deque(maxlen=500)
    for turn in range(rounds):
        key = chance.randrange(2000)
        table[key] = [chance.random()] * chance.randrange(1, 60)
        kept.append(("x" * chance.randrange(300), {turn, key}, bytes(chance.randrange(5000))))
        if turn % 7 == 0:
            table.pop(chance.randrange(2000), None)
    return digest((sorted(table), [len(text) + len(some) + len(raw) for text, some, raw in kept]))


def cycles(count):
    class Node:
        pass
    for _ in range(count):
        left, right = Node(), Node()
        left.other, right.other = right, left
    return gc.collect() >= 0


def text_work(seed):
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefgh", k=chance.randrange(2, 9))) for _ in range(4000)]
    text = " ".join(words)
    counted = collections.Counter(re.findall(r"\b[a-d]\w+", text)).most_common(20)
    again = json.loads(json.dumps({"words": words, "counted": counted}))
    packed = zlib.compress(pickle.dumps(again), 6)
    return digest((counted, len(packed), zlib.crc32(packed)))


def every_size():
    """Many objects of each size up to 70,000 bytes, alive together; then freed every other way."""
    kept = []
    for size in range(1, 70_000, 501):
        same_size = [bytearray(size) for _ in range(14)]
        for number, one in enumerate(same_size):
            one[0] = one[-1] = number
        kept.append(same_size[::2] + same_size[1::2])
        del same_size
        if len(kept) > 20:
            kept.pop(0).clear()
    return sum(one[0] + one[-1] for same_size in kept for one in same_size)


def hand_about(threads, rounds):
    """Objects made by one thread and dropped by another."""
    mail, sums = queue.Queue(maxsize=64), [0] * threads

    def sender(number):
        chance = random.Random(number)
        for _ in range(rounds):
            mail.put([bytearray(chance.randrange(1, 3000)) for _ in range(8)])

    def receiver(number):
        while (got := mail.get()) is not None:
            sums[number] += sum(map(len, got))

    senders = [threading.Thread(target=sender, args=(number,)) for number in range(threads)]
    receivers = [threading.Thread(target=receiver, args=(number,)) for number in range(threads)]
    for thread in senders + receivers:
        thread.start()
    for thread in senders:
        thread.join()
    for _ in receivers:
        mail.put(None)
    for thread in receivers:
        thread.join()
    return sum(sums)


def child(seed):
    return containers(seed, 1000), decimal.Decimal(seed).sqrt()


def main():
    print("containers", containers(1, 3000 * scale))
    print("sizes", every_size())
    print("cycles", cycles(3000 * scale))
    for seed in range(scale // 2 + 1):
        print("text", text_work(seed))
    print("threads", hand_about(6, 100 * scale))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print("pool", digest(list(pool.map(lambda seed: containers(seed, 300), range(8 * scale)))))
    # Children of a process with threads allocate, free and are waited for.
    idle = threading.Event()
    waiting = [threading.Thread(target=idle.wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print("forked", pool.map(child, range(2 * scale)))
    idle.set()
    for thread in waiting:
        thread.join()
    big = b"".join(bytes([number % 256]) * 100_000 for number in range(20 * scale))
    print("large", hashlib.sha256(big).hexdigest()[:16], zlib.adler32(big))
    print("child", subprocess.run([sys.executable, "-c", "print(sum(range(10**5)))"],
                                  capture_output=True, text=True).stdout.strip())
    with open("digests", "w") as file:
        file.write(digest(sorted(os.listdir("."))))
    print("ends with 3", file=sys.stderr)
    sys.exit(3)


main()
