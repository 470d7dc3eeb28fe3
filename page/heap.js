// heap.js - one heap of the real engine: an instance of the WebAssembly module, and its records read from memory.
//
// A place is an offset from the heap's base; 0 is none. An address is where a record lies in the module's memory.
"use strict";

const HEADER_BYTES = 32,
    ROOTS = 264;
const POLICIES = ["bump", "first", "next", "best", "worst", "segregated", "buddy", "tlsf", "yours"];
const YOURS = POLICIES.length - 1;
// What `seen` hears: 1000 * file + line, or the address of a block. Files 0 to 7 are the policies.
const SEEN_LINE = 0,
    SEEN_PROBE = 1,
    ENGINE_FILE = 8,
    OWN_FILE = 9;
// The members of a MemoryBlock, as halloc.h lays them out for 64-bit machines.
const MEMBER = {size: 0, next: 8, prev: 16, isFree: 24, nextFree: 32, prevFree: 40};

class Misuse extends Error {}

class Heap {
    // `own` has find, insert and remove, which the policy "yours" calls. `seen` hears what a watched heap does.
    constructor(module, policy, own) {
        this.policy = policy;
        this.seen = null;
        const instance = new WebAssembly.Instance(module, {
            page: {
                seen: (what, value) => this.seen && this.seen(what, value),
                misuse: (fault, place) => {
                    throw new Misuse(`${this.text(fault)}: offset ${place}`);
                },
                own_find: size => own.find(this, size),
                own_insert: block => own.insert(this, block),
                own_remove: block => own.remove(this, block),
                own_take: block => own.take(this, block),
            },
        });
        this.engine = instance.exports;
        if (own) own.begin(this);
        this.isOpen = false;
        this.base = 0;
    }
    // Throws what the reader's policy does wrong with the first block.
    open() {
        this.engine.open(this.policy);
        this.base = this.engine.base();
        this.isOpen = true;
    }
    view() {
        // memory that grew has a new buffer
        if (!this.data || this.data.buffer !== this.engine.memory.buffer)
            this.data = new DataView(this.engine.memory.buffer);
        return this.data;
    }
    word(address) {
        return this.view().getUint32(address, true);
    } // the low half: no heap here has 4 GiB
    setWord(address, value) {
        this.view().setUint32(address, value, true);
        this.view().setUint32(address + 4, 0, true);
    }
    text(address) {
        let text = "";
        for (let byte; (byte = this.view().getUint8(address)); address++) text += String.fromCharCode(byte);
        return text;
    }
    watch(seen) {
        this.seen = seen;
        this.engine.watch(seen ? 1 : 0);
    }
    // Every block in address order: {at, size, free, address}; `at` is the offset of its header. `most` bounds a
    // walk through records that a policy has damaged.
    blocks(most = 1e6) {
        if (!this.isOpen) return [];
        const found = [],
            high = this.view().byteLength - HEADER_BYTES;
        for (
            let block = this.engine.first();
            block && block <= high && found.length < most;
            block = this.word(block + MEMBER.next)
        )
            found.push({
                at: block - this.base,
                size: this.word(block),
                free: this.word(block + MEMBER.isFree) === 1,
                address: block,
            });
        return found;
    }
    // The free lists: [{list, blocks: [offset, ...]}], each from its head.
    lists(most = 1e6) {
        if (!this.isOpen) return [];
        const lists = [],
            root = this.engine.root(),
            high = this.view().byteLength - 48;
        for (let index = 0; index < ROOTS; index++) {
            const blocks = [];
            for (
                let block = this.word(root + 8 * index);
                block && block <= high && blocks.length < most;
                block = this.word(block + MEMBER.nextFree)
            )
                blocks.push(block - this.base);
            if (blocks.length) lists.push({list: index, blocks});
        }
        return lists;
    }
    rover() {
        const block = this.isOpen ? this.word(this.engine.cursor()) : 0;
        return block ? block - this.base : null;
    }
    top() {
        return this.isOpen ? this.engine.top() : 0;
    }
    sizeAt(place) {
        return this.word(this.base + place - HEADER_BYTES);
    }
    check() {
        const broken = this.engine.check();
        return broken ? this.text(broken) : null;
    }
    counts() {
        const {finds, probes, splits, merges} = this.engine;
        return {finds: finds(), probes: probes(), splits: splits(), merges: merges()};
    }
}
