"""halloc-gdb.py - gdb commands that print a heap, a block, a slab of Halloc.

    (gdb) source /usr/local/share/halloc/halloc-gdb.py
    (gdb) halloc-heap               the process heap, block by block
    (gdb) halloc-heap all           the same, without a limit on the number of blocks
    (gdb) halloc-heap HEAP          a classic heap: an expression of type halloc_heap *
    (gdb) halloc-block ADDRESS      the block, and the slot, that have this address
    (gdb) halloc-slab ADDRESS       the slab that has this address, slot by slot

They work on a live process and on a core file. They only read, and call nothing in the program. So they work
after a crash inside malloc, too. They need the library's debugging information (-g). Each build by `make` or
`cmake --preset release` has it, unless it is stripped.

halloc_heap.py, beside this file, reads the heap. This file prints it.
"""

import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
from halloc_heap import (  # noqa: E402  (after the path is set)
    Region, Trouble, blocks_of, commas, count_of, variable)

sys.dont_write_bytecode = bytecode
del sys.path[0]

BLOCKS_SHOWN = 40  # by halloc-heap without `all`
CLASSES_SHOWN = 8  # slot sizes that have most memory

# --- The process heap ----------------------------------------------------------------------------------


def describe(region, block):
    """The kind of a block of the process heap, and words about it."""
    kind = region.kind_at(block.payload)
    if block.free:
        dirty = region.dirty_units(block) * region.unit
        return "free", "%s dirty: resident, of nobody's" % commas(dirty) if dirty else "clean: costs no memory"
    if kind == "slab":
        return "slab", region.slab_of(block.payload).summary()
    if kind == "block":
        return "large", "one object, of at most %s bytes" % commas(block.size)
    if kind == "cached":
        return "kept", "freed; its thread keeps it for its next request"
    return "new", "about to become an object or a slab"


def add_to_class(classes, slab):
    slabs, total, taken, carved = classes.get(slab.slot, (0, 0, 0, 0))
    classes[slab.slot] = slabs + 1, total + slab.bytes, taken + slab.used, carved + slab.carved


def show_classes(classes):
    """Prints the slot sizes that have most memory."""
    largest = sorted(classes.items(), key=lambda item: -item[1][1])[:CLASSES_SHOWN]
    for slot, (slabs, _, taken, carved) in largest:
        print("    slots of %6s: %s of %s carved are taken, in %s" % (
            commas(slot), commas(taken), commas(carved), count_of(slabs, "slab")))


def show_rows(rows, limit, trouble):
    """Prints the rows. Then raises the trouble that ended the reading, if there was one."""
    for row in rows[:limit]:
        print(row)
    if limit is not None and len(rows) > limit:
        print("  and %s more: halloc-heap all" % commas(len(rows) - limit))
    if trouble:
        raise trouble


def show_process_heap(limit):
    region, sums, classes, rows, trouble = Region(), {}, {}, [], None
    try:
        for block in blocks_of(region.engine):
            kind, text = describe(region, block)
            number, total = sums.get(kind, (0, 0))
            sums[kind] = number + 1, total + block.size
            if kind == "slab":
                add_to_class(classes, region.slab_of(block.payload))
            rows.append("  %#x %13s  %-5s  %s" % (block.payload, commas(block.size), kind, text))
    except Trouble as caught:
        trouble = caught
    policy = region.engine["set"][0]["policy"]["name"].string()
    print("process heap at %#x, %s fit, units of %s" % (region.base, policy, commas(region.unit)))
    print("  %s bytes up to the frontier, in %s" % (commas(region.top - region.base), count_of(len(rows), "block")))
    for kind, (number, total) in sorted(sums.items()):
        print("  %-5s %7s  %13s bytes" % (kind, commas(number), commas(total)))
    show_classes(classes)
    dirty = int(region.region["dirty_units"]) * region.unit
    print("  of what is free, %s bytes are dirty" % commas(dirty))
    print("\n  %-*s %13s  %s" % (len("%#x" % region.base), "block", "bytes", "kind"))
    show_rows(rows, limit, trouble)


# --- Classic heaps -------------------------------------------------------------------------------------


def show_classic_heap(heap, limit):
    engine = heap["engine"]
    rows, trouble, free = [], None, 0
    try:
        for block in blocks_of(engine):
            free += block.size if block.free else 0
            rows.append("  %#x %13s  %s" % (block.payload, commas(block.size), "free" if block.free else "in use"))
    except Trouble as caught:
        trouble = caught
    bytes_all = int(engine["top"]) - int(engine["base"])
    policy = engine["set"][0]["policy"]["name"].string()
    print("classic heap at %#x, %s fit, headers of %d" % (int(heap), policy, int(engine["header_bytes"])))
    print("  %s bytes in %s, %s of them free" % (commas(bytes_all), count_of(len(rows), "block"), commas(free)))
    print("\n  %-14s %13s" % ("payload", "bytes"))
    show_rows(rows, limit, trouble)


def classic_heap_around(address):
    heap = variable("heaps")
    while int(heap):
        if int(heap["engine"]["base"]) <= address < int(heap["engine"]["top"]):
            return heap
        heap = heap["next"]
    return None


# --- Slabs ---------------------------------------------------------------------------------------------


LETTERS = {
    "#": "in use",
    ".": "free",
    "n": "free, and only noted: nobody has touched the slot since",
    "c": "free, on its thread's list: malloc takes these first",
    "r": "freed by other threads, not collected yet",
    "p": "freed by other threads, on those threads' lists",
    "?": "marked as free, but on no list that was found",
}


def show_slab(address):
    region = Region()
    slab = region.slab_of(address)
    if not slab:
        raise Trouble("%#x is in no slab; halloc-block %#x tells what it is in" % (address, address))
    slab.read()
    print("slab at %#x, %s bytes: %s" % (slab.start, commas(slab.bytes), slab.summary()))
    print("  %s" % slab.owner_text())
    for letter, text in LETTERS.items():
        number = slab.letters.count(letter)
        if number or letter in "#.":
            print("  %s %6s  %s" % (letter, commas(number), text))
    print("")
    for first in range(0, slab.carved, 64):
        print("  %6s  %s" % ("%#x" % (first * slab.slot), "".join(slab.letters[first : first + 64])))
    counted = slab.carved - sum(slab.letters.count(letter) for letter in ".nc")
    if counted != slab.used and not slab.trouble:
        slab.trouble.append("it counts %d slots in use, and %d are" % (slab.used, counted))
    if slab.trouble:
        raise Trouble("; ".join(slab.trouble[:3]))


def slot_text(slab, address):
    index = (address - slab.start) // slab.slot
    if index >= slab.carved:
        return "is in a slab, where no slot has been carved yet"
    slab.read()
    inside = address - slab.start - index * slab.slot
    where = "starts a slot" if inside == 0 else "is %s bytes into a slot" % commas(inside)
    return "%s of %s: %s" % (where, commas(slab.slot), LETTERS[slab.letters[index]])


# --- What lies at an address -----------------------------------------------------------------------------


def find_block(engine, address):
    before = None
    blocks = blocks_of(engine)
    for block in blocks:
        if block.start <= address < block.end:
            return before, block, next(blocks, None)
        before = block
    return before, None, None


def neighbour_text(region, block, place):
    if not block:
        return "  %s: nothing" % place
    kind = describe(region, block)[0] if region else "free" if block.free else "in use"
    return "  %s: %s bytes, %s" % (place, commas(block.size), kind)


def show_block_of(region, engine, address):
    before, block, after = find_block(engine, address)
    if block is None:
        raise Trouble("%#x is in no block" % address)
    if region:
        kind, text = describe(region, block)
        slab = region.slab_of(address)
        if slab:
            print("%#x %s" % (address, slot_text(slab, address)))
        print("block at %#x, %s bytes, %s: %s" % (block.payload, commas(block.size), kind, text))
    else:
        kind = "free" if block.free else "in use"
        print("block at %#x, %s bytes, %s; its header at %#x" % (block.payload, commas(block.size), kind, block.start))
    if not region or not region.slab_of(address):
        if address < block.payload:
            print("  the address is in its header")
        elif address > block.payload:
            print("  the address is %s bytes into it" % commas(address - block.payload))
    print(neighbour_text(region, before, "before"))
    print(neighbour_text(region, after, "after"))


def show_block(address):
    heap = classic_heap_around(address)
    if heap:
        show_block_of(None, heap["engine"], address)
        return
    region = Region()
    if region.contains(address):
        show_block_of(region, region.engine, address)
    else:
        raise Trouble("%#x is not Halloc's: the process heap is %#x to %#x" % (address, region.base, region.top))


# --- The commands ----------------------------------------------------------------------------------------


def address_of(argument, command):
    if not argument.strip():
        raise Trouble("of which address? %s ADDRESS" % command)
    value = gdb.parse_and_eval(argument)
    return int(value.cast(gdb.lookup_type("unsigned long")))


class Command(gdb.Command):
    def __init__(self, name, act, text):
        self.__doc__ = text
        self.name, self.act = name, act
        super().__init__(name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        try:
            self.act(argument)
        except (Trouble, gdb.error) as trouble:
            raise gdb.GdbError("%s: %s" % (self.name, trouble)) from None


def heap_command(argument):
    limit = None if argument.strip() == "all" else BLOCKS_SHOWN
    classic = variable("process")["classic"]
    if argument.strip() not in ("", "all"):
        classic = gdb.parse_and_eval(argument)
    if int(classic):
        show_classic_heap(classic, limit)
    else:
        show_process_heap(limit)


Command("halloc-heap", heap_command, "halloc-heap [all | HEAP]: prints a heap of Halloc, block by block.")
Command("halloc-block", lambda argument: show_block(address_of(argument, "halloc-block")),
        "halloc-block ADDRESS: prints what lies at an address, and in which block.")
Command("halloc-slab", lambda argument: show_slab(address_of(argument, "halloc-slab")),
        "halloc-slab ADDRESS: prints the slab that an address is in, slot by slot.")
