"""halloc_heap.py - reads Halloc's heaps from the debugging information and the program's memory.

halloc-gdb.py prints them. Names and layouts come from the debugging information. It has no macros of the
sources, so these are repeated under "Constants". tests/gdb fails if one of them changes.
"""

import gdb

# --- Constants: macros of src/slab/slab.h, remote.h, size_class.h and config.h -------------------------------------

SLOT_MARK = 0x5AFE5107
OWNER_FULL, OWNER_SHARED = 1, 2
NOTED_BYTES = 32  # a slab has one note for this many bytes
REMOTE_FIRST_BITS = 48

WORD = 8


class Trouble(Exception):
    """An error that the user sees as one line."""


# --- Names of the library ------------------------------------------------------------------------------

NO_LIBRARY = "there is no Halloc in this program, or it isn't loaded yet: `start` or `run` it first"
NO_SYMBOLS = (
    "Halloc is here, but without its debugging information. "
    "Build it with -g (`make`, or `cmake --preset release`), and don't strip it"
)


def library():
    """The names of the file that has halloc_malloc: the library is compiled from one file."""
    symbol = gdb.lookup_global_symbol("halloc_malloc")
    if symbol:
        return symbol.symtab.static_block()
    try:
        gdb.parse_and_eval("(long)&halloc_malloc")
    except gdb.error:
        raise Trouble(NO_LIBRARY) from None
    raise Trouble(NO_SYMBOLS)


def variable(name):
    """A variable of the library, even if the program has one of that name."""
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


# --- Blocks ---------------------------------------------------------------------------------------------------


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

    def kind_at(self, address):
        """The kind of the block that begins in the unit of the address."""
        unit = (address - self.base) // self.unit
        return enumerator("unit_kind", int(self.slabs[unit + 1]["kind"]))

    def dirty_units(self, block):
        """The number of dirty units of a free block. Each 64 words have a summary before them."""
        first = (block.payload - self.base) // self.unit
        count = 0
        for word in range(first // 64, (first + block.size // self.unit - 1) // 64 + 1):
            bits = int(self.region["dirt"][word + word // 64 + 1])
            low, high = max(first, word * 64), min(first + block.size // self.unit, word * 64 + 64)
            count += bin(bits >> (low % 64) & ((1 << (high - low)) - 1)).count("1")
        return count

    def slab_of(self, address):
        """The slab that the address is in, or None."""
        if not self.contains(address):
            return None
        distance = int(self.region["heads"][(address - self.base) // self.unit])
        number = distance // self.slabs.type.target().sizeof
        return Slab(self, number) if number else None


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
    """All blocks in address order. Stops with an error if they don't tile the heap."""
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


# --- Slabs ----------------------------------------------------------------------------------------------------


class Slab:
    """A slab, and the state of each of its slots, from free lists and marks."""

    def __init__(self, region, number):
        self.region, self.head = region, region.slabs + number
        head, unit = self.head, number - 1
        self.start = region.base + unit * region.unit
        self.size_class = int(head["size_class"])
        self.slot = int(variable("slot_bytes_table")[self.size_class])
        self.bytes = int(region.engine["table"][unit]["size"])
        self.carved = (int(head["last"]) - self.start) // self.slot + 1
        self.fit = min(self.bytes // self.slot, self.bytes // NOTED_BYTES)
        self.state = enumerator("slab_state", int(head["state"]))
        self.owner = int(head["owner"])
        self.links = (head + 1).cast(gdb.lookup_type("struct slab_links").pointer())
        self.used = {"active": self.carved - self.listed(), "full": self.carved}.get(
            self.state, int(head["frees_left"]))
        self.trouble = []

    def listed(self):
        """The number of slots of an active slab on its thread's list, as far as that can be followed."""
        return sum(self.index(slot) is not None for slot, _ in thread_list(self.head["list"].dereference()))

    def summary(self):
        """Taken: in use, or freed by others and not collected yet."""
        return "slots of %s: %s taken, %s carved of %s, %s" % (
            commas(self.slot), commas(self.used), commas(self.carved), commas(self.fit), self.state)

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
        """A letter for each slot, in address order."""
        try:
            size = self.carved * self.slot
            self.memory = gdb.selected_inferior().read_memory(self.start, size) if size else b""
        except gdb.MemoryError:
            raise Trouble("the slots at %#x can't be read: the core file leaves them out" % self.start) from None
        self.letters = ["#"] * self.carved
        self.read_notes()
        self.walk(int(self.head["free"]), ".", "its free slots")
        remote = int(self.links["remote"])
        self.remote_count = remote >> REMOTE_FIRST_BITS
        if self.remote_count:
            first = remote & ((1 << REMOTE_FIRST_BITS) - 1)
            self.walk(first, "r", "frees by other threads", self.remote_count)
        for cache in self.caches():
            if int(cache) == self.owner and int(cache["active"][self.size_class]) == int(self.head):
                self.walk_thread_list(cache["list"][self.size_class], "c", "its thread's list")
            self.walk_thread_list(cache["foreign"][self.size_class]["first"], "p", "another thread's list")
        self.check_marks()

    def read_notes(self):
        """Slots are numbered from the last carved one, which is 0, to the first."""
        if not self.carved:
            return
        notes = int(self.head) + int(self.region.region["notes_distance"])
        memory = gdb.selected_inferior().read_memory(notes, (self.carved + 63) // 64 * WORD)
        bits = int.from_bytes(memory, "little")
        for index in range(self.carved):
            if bits >> (self.carved - 1 - index) & 1:
                self.letters[index] = "n"

    def word(self, index, number):
        at = index * self.slot + number * WORD
        return int.from_bytes(self.memory[at : at + WORD], "little")

    def as_text(self, link):
        """A link that is no address, as text: the program may have overwritten it with words."""
        text = "".join(chr(c) if 32 <= c < 127 else "." for c in link.to_bytes(WORD, "little"))
        return " ('%s')" % text if link >> 47 else ""

    def found(self, index, slot, letter, name):
        """A free slot on a list; False where it can't be."""
        if self.letters[index] == "n":
            self.trouble.append("%s: the slot at %#x is on it, and noted as free as well" % (name, slot))
        elif self.letters[index] != "#":
            self.trouble.append("%s: the slot at %#x is on two lists, or twice on one" % (name, slot))
        else:
            self.letters[index] = letter
            return True
        return False

    def walk(self, link, letter, name, count=None):
        """Follows a list of slots, and trusts none of its links. `count`: the list ends there, not at NULL."""
        where = "its head"
        while link if count is None else count:
            index = self.index(link)
            if index is None:
                self.trouble.append("%s: %s leads astray, to %#x%s" % (name, where, link, self.as_text(link)))
                return
            if not self.found(index, link, letter, name):
                return
            where = "the link of the slot at %#x" % link
            link = self.word(index, 0)
            count = None if count is None else count - 1

    def walk_thread_list(self, link, letter, name):
        """The same for a list where other slabs' slots are as well."""
        where = "its head"
        for slot, is_sound in thread_list(link):
            index = self.index(slot)
            if index is None and not is_sound:
                self.trouble.append("%s: %s leads astray, to %#x%s" % (name, where, slot, self.as_text(slot)))
            elif index is not None and not self.found(index, slot, letter, name):
                return
            where = "the link of the slot at %#x" % slot

    def is_marked(self, index):
        return has_mark(self.start + index * self.slot, self.word(index, 0), self.word(index, 1))

    def check_marks(self):
        for index, letter in enumerate(self.letters):
            address = self.start + index * self.slot
            if letter == "#" and self.is_marked(index):
                self.letters[index] = "?"
            elif letter not in "#n" and not self.is_marked(index):
                self.trouble.append("the free slot at %#x is not marked: somebody wrote into it" % address)

    def owner_text(self):
        if self.owner == OWNER_SHARED:
            return "no owner: it waits for a thread to adopt it"
        if self.owner == OWNER_FULL:
            return "no owner: its first free gives it one"
        return "owner: thread cache %#x, %s" % (self.owner, thread_of(self.owner))


def has_mark(slot, link, mark):
    return mark == (slot + link + SLOT_MARK) % 2**64


def thread_list(link):
    """Each slot on a list of a thread, and whether it has its mark: without one the list is not followed."""
    slot, seen = int(link), set()
    while slot:
        try:
            memory = gdb.selected_inferior().read_memory(slot, 2 * WORD)
        except gdb.MemoryError:
            yield slot, False
            return
        link, mark = (int.from_bytes(memory[at : at + WORD], "little") for at in (0, WORD))
        is_marked = has_mark(slot, link, mark)
        yield slot, is_marked
        if not is_marked or slot in seen:
            return
        seen.add(slot)
        slot = link


def thread_of(cache):
    """The thread that has this cache, by gdb's number: asks each thread for its own cache."""
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
