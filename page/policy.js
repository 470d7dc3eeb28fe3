// policy.js - the reader's policy at work: its functions over the records of a heap, and the rules that they keep.
//
// A block is an object with the members of halloc.h. It reads and writes the record in the heap's memory, so what the
// policy links is what the engine and its validator see.
"use strict";

const STEPS_MOST = 100000,
    FINDS_MOST = 4;

class RuleBroken extends Error {}

class OwnSet {
    constructor(heap) {
        this.heap = heap;
        this.known = new Map();
        this.isLooking = false;
        this.root = new Proxy(
            {},
            {
                get: (_, index) => this.block(heap.word(this.place(index))),
                set: (_, index, block) => {
                    this.write(this.place(index), block);
                    return true;
                },
            },
        );
    }
    place(index) {
        if (!(Number(index) >= 0 && Number(index) < ROOTS))
            throw new RuleBroken(`set.root has the places 0 to ${ROOTS - 1}, not ${String(index)}`);
        return this.heap.engine.root() + 8 * Number(index);
    }
    block(address) {
        if (!address) return null;
        if (!this.known.has(address)) this.known.set(address, new OwnBlock(this, address));
        return this.known.get(address);
    }
    write(address, block) {
        if (this.isLooking) throw new RuleBroken("find changes nothing: the heap also calls it only to look");
        this.heap.setWord(address, block ? block.address : 0);
    }
    get cursor() {
        return this.block(this.heap.word(this.heap.engine.cursor()));
    }
    set cursor(block) {
        this.write(this.heap.engine.cursor(), block);
    }
    get count() {
        return this.heap.engine.count();
    }
    get header_bytes() {
        return HEADER_BYTES;
    }
    get granule() {
        return 16;
    }
}

class OwnBlock {
    constructor(set, address) {
        Object.assign(this, {set, address});
    }
    // Blocks compare by address, as pointers do in C.
    valueOf() {
        return this.address;
    }
    engineOwns(member) {
        throw new RuleBroken(
            `${member} of a block is the engine's: a policy writes nextFree and prevFree alone`,
        );
    }
    get size() {
        return this.set.heap.word(this.address + MEMBER.size);
    }
    set size(_) {
        this.engineOwns("size");
    }
    get isFree() {
        return this.set.heap.word(this.address + MEMBER.isFree) & 1;
    }
    set isFree(_) {
        this.engineOwns("isFree");
    }
    get next() {
        return this.set.block(this.set.heap.word(this.address + MEMBER.next));
    }
    set next(_) {
        this.engineOwns("next");
    }
    get prev() {
        return this.set.block(this.set.heap.word(this.address + MEMBER.prev));
    }
    set prev(_) {
        this.engineOwns("prev");
    }
    get nextFree() {
        return this.set.block(this.set.heap.word(this.address + MEMBER.nextFree));
    }
    set nextFree(block) {
        this.set.write(this.address + MEMBER.nextFree, block);
    }
    get prevFree() {
        return this.set.block(this.set.heap.word(this.address + MEMBER.prevFree));
    }
    set prevFree(block) {
        this.set.write(this.address + MEMBER.prevFree, block);
    }
}

// The same as halloc.h's inline functions.
const POLICY_WORDS = {
    probe(set, block) {
        set.heap.engine.count_probe(block.address);
        return block.size;
    },
    push(set, index, block) {
        block.prevFree = null;
        block.nextFree = set.root[index];
        if (block.nextFree) block.nextFree.prevFree = block;
        set.root[index] = block;
    },
    unlink(set, index, block) {
        if (block.prevFree) block.prevFree.nextFree = block.nextFree;
        else set.root[index] = block.nextFree;
        if (block.nextFree) block.nextFree.prevFree = block.prevFree;
    },
    minus(one, other) {
        if (other > one)
            throw new RuleBroken(`${one} - ${other} is below zero: in C that is a very large number`);
        return one - other;
    },
    rest(one, other) {
        if (!other) throw new RuleBroken(`${one} % 0: in C that ends the program`);
        return one % other;
    },
    shiftUp: (number, by) => number * 2 ** by,
    shiftDown: (number, by) => Math.floor(number / 2 ** by),
    floorLog2: number => 31 - Math.clz32(number),
};

// Throws LanguageError. The result is what a Heap takes for its policy.
function compilePolicy(source) {
    const program = new Parser(source).program();
    const state = {steps: 0, line: 0, heap: null, sets: new WeakMap()};
    const at = line => {
        if (++state.steps > STEPS_MOST) throw new RuleBroken(`line ${line}: the loop does not end`);
        state.line = line;
        if (state.heap.seen) state.heap.seen(SEEN_LINE, 1000 * OWN_FILE + line);
    };
    const names = Object.keys(POLICY_WORDS),
        hooks = [...program.functions.keys()].filter(name => HOOKS[name]);
    const made = new Function(
        "at",
        ...names,
        `"use strict";\n${javascriptOf(program)}\nreturn {${hooks.join(", ")}};`,
    )(at, ...names.map(name => POLICY_WORDS[name]));
    const call = (heap, hook, value) => {
        const set = state.sets.get(heap);
        Object.assign(state, {heap, steps: 0});
        set.isLooking = hook === "find";
        try {
            return made[hook](set, value);
        } catch (problem) {
            if (problem instanceof RuleBroken) throw problem;
            if (problem instanceof RangeError)
                throw new RuleBroken(`line ${state.line}: the functions call each other without end`);
            if (problem instanceof TypeError) throw new RuleBroken(`line ${state.line}: null has no members`);
            throw problem;
        } finally {
            set.isLooking = false;
        }
    };
    const withBlock = hook => (heap, address) =>
        made[hook] && call(heap, hook, state.sets.get(heap).block(address));
    return {
        program,
        begin: heap => state.sets.set(heap, new OwnSet(heap)),
        newCall: () => {
            state.finds = 0;
        },
        find: (heap, size) => checkedFind(heap, call(heap, "find", size), size, ++state.finds),
        insert: withBlock("insert"),
        remove: withBlock("remove"),
        take: withBlock("take"),
    };
}

// What find gives, if it keeps the rules; a block in use, or one too small, would ruin the heap at once.
function checkedFind(heap, block, size, finds) {
    if (!block) {
        if (finds > FINDS_MOST)
            throw new RuleBroken(
                "find gives null again and again, although the heap grew. Does it look at the list that insert fills?",
            );
        return 0;
    }
    if (!heap.blocks().some(known => known.address === block.address))
        throw new RuleBroken(
            "find gives what is no block any more. Does remove take blocks out of the list?",
        );
    if (!block.isFree)
        throw new RuleBroken("find gives a block that is in use. Does remove take blocks out of the list?");
    if (block.size < size)
        throw new RuleBroken(
            `find gives a block of ${block.size} bytes for ${size}: the program would write into the next block`,
        );
    return block.address;
}
