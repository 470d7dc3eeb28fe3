"""halloc-gdb.py - gdb commands that print a heap, a block, a slab of Halloc.

    (gdb) source /usr/local/share/halloc/halloc-gdb.py
    (gdb) halloc-heap               all of the process heap, block by block
    (gdb) halloc-heap all           the same, however many blocks there are
    (gdb) halloc-heap HEAP          a classic heap: an expression of type halloc_heap *
    (gdb) halloc-block ADDRESS      what lies there, and in which block
    (gdb) halloc-slab ADDRESS       the slab that the address is in, slot by slot

On a live process and on a core file. They only read: nothing is called in the program, so they work
when it has crashed inside malloc. They need the library's debugging information (-g), which every
build has that `make` or `cmake --preset release` makes, until somebody strips it.

Names and layouts come from the debugging information; what is a macro in the sources, and so not in
there, is written down under "Constants" and checked by tests/gdb.
"""

import gdb

# --- Constants: macros of src/slab.h, src/remote.h and src/config.h ----------------------------------------

SLOT_MARK = 0x5AFE5107
OWNER_SHARED = 64
ALIGNMENT_BYTES = 16
REMOTE_COUNT_MASK = 0x7FFFFFFF

BLOCKS_SHOWN = 40  # by halloc-heap, unless it is told `all`
WORD = 8


class Trouble(Exception):
    """What the user is told in one line."""


# --- Names of the library ------------------------------------------------------------------------------

NO_LIBRARY = "there is no Halloc in this program, or it isn't loaded yet: `start` or `run` it first"
NO_SYMBOLS = (
    "Halloc is here, but without its debugging information. "
    "Build it with -g (`make`, or `cmake --preset release`), and don't strip it"
)


def library():
    """The block of names of the file that halloc_malloc is in: all of the library, as it ships."""
    symbol = gdb.lookup_global_symbol("halloc_malloc")
    if symbol:
        return symbol.symtab.static_block()
    try:
        gdb.parse_and_eval("(long)&halloc_malloc")
    except gdb.error:
        raise Trouble(NO_LIBRARY) from None
    raise Trouble(NO_SYMBOLS)


def variable(name):
    """A variable of the library's, also where the program has one of that name."""
    symbol = gdb.lookup_symbol(name, library())[0] or gdb.lookup_global_symbol(name)
    if not symbol:
        raise Trouble("this library has no `%s`: it is not the one that this script belongs to" % name)
    return symbol.value()


def enumerator(kind, number):
    """The name of an enumerator of `enum kind`, without its prefix: SLAB_FULL is full."""
    try:
        for field in gdb.lookup_type("enum " + kind, library()).fields():
            if field.enumval == number:
                return field.name.split("_", 1)[1].lower()
    except gdb.error:
        pass
    return "%s %d" % (kind, number)


def array(value):
    return [value[index] for index in range(value.type.range()[1] + 1)]


def commas(number):
    return format(number, ",")


def count_of(number, noun):
    return "%s %s%s" % (commas(number), noun, "" if number == 1 else "s")


def words_at(address, count):
    memory = gdb.selected_inferior().read_memory(address, count * WORD)
    return [int.from_bytes(memory[at : at + WORD], "little") for at in range(0, count * WORD, WORD)]


# --- The process heap ----------------------------------------------------------------------------------


class Region:
    def __init__(self):
        self.region = variable("region")
        self.engine = self.region["engine"]
        self.base = int(self.region["base"])
        if not self.base:
            raise Trouble("the process heap has not started: nothing was allocated yet")
        self.top = int(self.engine["top"])
        self.unit = int(self.engine["granule"])
        self.slabs = self.region["slabs"]

    def contains(self, address):
        return self.base <= address < self.top

    def descriptor(self, address):
        return self.slabs[(address - self.base) // self.unit]

    def slab_of(self, address):
        """The slab that the address is in, or None."""
        if not self.contains(address):
            return None
        unit = self.descriptor(address)
        return Slab(self, unit["head"]) if enumerator("unit_kind", int(unit["kind"])) == "slab" else None


class Block:
    """A block of either kind of heap."""

    def __init__(self, engine, record):
        self.record = record
        table = engine["table"]
        if int(table):
            self.header = 0
            self.payload = int(engine["base"]) + int(record - table) * int(engine["granule"])
        else:
            self.header = int(engine["header_bytes"])
            self.payload = int(record) + self.header
        self.size = int(record["size"])
        self.free = bool(int(record["isFree"]))

    start = property(lambda self: self.payload - self.header)
    end = property(lambda self: self.payload + self.size)


def blocks_of(engine):
    """All blocks in address order; stops, with a reason, where they don't tile the heap any more."""
    record, expected = engine["first"], int(engine["base"])
    while int(record):
        block = Block(engine, record)
        if block.start != expected or block.size == 0 or block.end > int(engine["top"]):
            raise Trouble(
                "the blocks don't tile the heap: %#x was to come next, and here is a block from %#x to %#x"
                % (expected, block.start, block.end)
            )
        yield block
        expected, record = block.end, record["next"]
    if expected != int(engine["top"]):
        raise Trouble("the last block ends at %#x, the heap at %#x" % (expected, int(engine["top"])))


def describe(region, block):
    """A kind, and words, for a block of the process heap."""
    unit = region.descriptor(block.payload)
    kind = enumerator("unit_kind", int(unit["kind"]))
    if block.free:
        dirty = int(block.record["tag"]) * region.unit
        return "free", "%s dirty: resident, of nobody's" % commas(dirty) if dirty else "clean: costs no memory"
    if kind == "slab":
        return "slab", Slab(region, unit["head"]).summary()
    if kind == "block":
        return "large", "one object, of at most %s bytes" % commas(block.size)
    if kind == "stashed":
        return "kept", "freed; its thread keeps it for its next request"
    return "own", "Halloc's own: thread caches"


def show_process_heap(limit):
    region, sums, rows, trouble = Region(), {}, [], None
    try:
        for block in blocks_of(region.engine):
            kind, text = describe(region, block)
            number, total = sums.get(kind, (0, 0))
            sums[kind] = number + 1, total + block.size
            rows.append("  %#x %13s  %-5s  %s" % (block.payload, commas(block.size), kind, text))
    except Trouble as caught:
        trouble = caught
    policy = region.engine["warm"]["policy"]["name"].string()
    print("process heap at %#x, %s fit, units of %s" % (region.base, policy, commas(region.unit)))
    print("  %s bytes up to the frontier, in %s" % (commas(region.top - region.base), count_of(len(rows), "block")))
    for kind, (number, total) in sorted(sums.items()):
        print("  %-5s %7s  %13s bytes" % (kind, commas(number), commas(total)))
    dirty = int(region.engine["dirty_units"]) * region.unit
    print("  of what is free, %s bytes are dirty" % commas(dirty))
    mappings = int(variable("record_count"))
    if mappings:
        print("  beside it, %s" % count_of(mappings, "mapping of one object each"))
    print("\n  %-*s %13s  %s" % (len("%#x" % region.base), "block", "bytes", "kind"))
    for row in rows[:limit]:
        print(row)
    if limit is not None and len(rows) > limit:
        print("  and %s more: halloc-heap all" % commas(len(rows) - limit))
    if trouble:
        raise trouble


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
    policy = engine["warm"]["policy"]["name"].string()
    print("classic heap at %#x, %s fit, headers of %d" % (int(heap), policy, int(engine["header_bytes"])))
    print("  %s bytes in %s, %s of them free" % (commas(bytes_all), count_of(len(rows), "block"), commas(free)))
    print("\n  %-14s %13s" % ("payload", "bytes"))
    for row in rows[:limit]:
        print(row)
    if limit is not None and len(rows) > limit:
        print("  and %s more: halloc-heap all" % commas(len(rows) - limit))
    if trouble:
        raise trouble


def classic_heap_around(address):
    heap = variable("heaps")
    while int(heap):
        if int(heap["engine"]["base"]) <= address < int(heap["engine"]["top"]):
            return heap
        heap = heap["next"]
    return None


# --- Slabs ---------------------------------------------------------------------------------------------


class Slab:
    """A slab, and what each of its slots is by what can be found: free lists, marks."""

    def __init__(self, region, head):
        self.region, self.head = region, head
        unit = int(head - region.slabs)
        self.start = region.base + unit * region.unit
        self.size_class = int(head["size_class"])
        self.slot = int(variable("slot_bytes_table")[self.size_class])
        self.bytes = int(region.engine["table"][unit]["size"])
        self.carved = (int(head["end"]) - self.start) // self.slot
        self.fit = self.bytes // self.slot
        self.state = enumerator("slab_state", int(head["state"]))
        self.owner = int(head["owner"])
        hidden = int(head["hidden"]) if self.state == "full" else 0
        self.used = int(head["used"]) + hidden
        self.trouble = []

    def summary(self):
        return "slots of %s: %s carved of %s, %s" % (
            commas(self.slot), commas(self.carved), commas(self.fit), self.state)

    def index(self, address):
        """The slot that starts at the address, or None."""
        offset = address - self.start
        whole = offset >= 0 and offset % self.slot == 0 and offset // self.slot < self.carved
        return offset // self.slot if whole else None

    def caches(self):
        cache = variable("caches")
        while int(cache):
            yield cache
            cache = cache["next"]

    def read(self):
        """A letter a slot, in address order."""
        try:
            size = self.carved * self.slot
            self.memory = gdb.selected_inferior().read_memory(self.start, size) if size else b""
        except gdb.MemoryError:
            raise Trouble("the slots at %#x can't be read: the core file leaves them out" % self.start) from None
        self.letters = ["#"] * self.carved
        self.walk(int(self.head["free"]), ".", "its free slots")
        remote = int(self.head["remote"])
        place, self.remote_count = remote & 0xFFFFFFFF, remote >> 32 & REMOTE_COUNT_MASK
        if place:
            self.walk(self.start + (place - 1) * ALIGNMENT_BYTES, "r", "frees by other threads", self.remote_count)
        for cache in self.caches():
            if int(cache) == self.owner and int(cache["active"][self.size_class]) == int(self.head):
                self.walk(int(cache["list"][self.size_class]), "c", "its thread's list")
            for pending in array(cache["pending"]):
                if int(pending["slab"]) == int(self.head):
                    self.walk(int(pending["first"]), "p", "a batch that waits", int(pending["count"]))
        self.check_marks()

    def word(self, index, number):
        at = index * self.slot + number * WORD
        return int.from_bytes(self.memory[at : at + WORD], "little")

    def walk(self, link, letter, name, count=None):
        """Follows a list of slots, and trusts no link of it. `count`: it ends there, not at NULL."""
        where = "its head"
        while link if count is None else count:
            index = self.index(link)
            if index is None:
                text = link.to_bytes(WORD, "little")
                shown = " (%s)" % ascii(text.decode("latin-1")) if all(32 <= c < 127 for c in text if c) else ""
                self.trouble.append("%s: %s leads astray, to %#x%s" % (name, where, link, shown))
                return
            if self.letters[index] != "#":
                self.trouble.append("%s: the slot at %#x is on two lists, or twice on one" % (name, link))
                return
            self.letters[index] = letter
            where = "the link of the slot at %#x" % link
            link = self.word(index, 0)
            count = None if count is None else count - 1

    def is_marked(self, index):
        return self.word(index, 1) == self.start + index * self.slot + SLOT_MARK

    def check_marks(self):
        for index, letter in enumerate(self.letters):
            address = self.start + index * self.slot
            if letter == "#" and self.is_marked(index):
                self.letters[index] = "?"
            elif letter != "#" and not self.is_marked(index):
                self.trouble.append("the free slot at %#x is not marked: somebody wrote into it" % address)

    def owner_text(self):
        if self.owner == OWNER_SHARED:
            return "no owner: it waits for a thread to adopt it"
        return "owner: thread cache %#x, %s" % (self.owner, thread_of(self.owner))


def thread_of(cache):
    """Whose cache it is, as gdb numbers threads; it asks each thread for its own."""
    current, found = gdb.selected_thread(), "of no thread that lives"
    try:
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            if int(variable("cache_own")) == cache:
                found = "of thread %d" % thread.num
                break
    except (gdb.error, RuntimeError):
        found = "of a thread that gdb can't tell (no libthread_db)"
    finally:
        if current:
            current.switch()
    return found


LETTERS = {
    "#": "in use",
    ".": "free",
    "c": "free, on its thread's list: malloc takes these first",
    "r": "freed by other threads, not collected yet",
    "p": "freed by other threads, waiting in their batches",
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
    counted = slab.carved - slab.letters.count(".")
    if counted != slab.used and not slab.trouble:
        slab.trouble.append("it counts %d slots in use or in caches, and %d are" % (slab.used, counted))
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


def show_mapping(address):
    records = variable("records")
    for index in range(int(variable("record_count"))):
        start, size = int(records[index]["start"]), int(records[index]["bytes"])
        if start <= address < start + size:
            print("mapping at %#x, %s bytes, of one object; %s bytes into it" % (
                start, commas(size), commas(address - start)))
            return True
    return False


def show_block(address):
    heap = classic_heap_around(address)
    if heap:
        show_block_of(None, heap["engine"], address)
        return
    region = Region()
    if region.contains(address):
        show_block_of(region, region.engine, address)
    elif not show_mapping(address):
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
