// A list for each power of two. The own list is searched; of the larger ones the head fits.
function listOf(set, size) {
    return floorLog2(size + set.header_bytes);
}

function find(set, size) {
    const own = listOf(set, size);
    let looks = 0;
    for (let block = set.root[own]; block && looks < 8; block = block.nextFree) {
        if (probe(set, block) >= size) return block;
        looks += 1;
    }
    for (let list = own + 1; list < 40; list++) {
        const block = set.root[list];
        if (block) {
            probe(set, block);
            return block;
        }
    }
    let last = set.root[own]; // all of it, before the heap grows
    while (last && !(probe(set, last) >= size)) last = last.nextFree;
    return last;
}

// What push does, by hand.
function insert(set, block) {
    const list = listOf(set, block.size);
    block.prevFree = null;
    block.nextFree = set.root[list];
    if (block.nextFree) block.nextFree.prevFree = block;
    set.root[list] = block;
}

function remove(set, block) {
    unlink(set, listOf(set, block.size), block);
}
