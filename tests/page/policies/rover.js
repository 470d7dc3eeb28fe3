// Next fit: the search goes on where the last block was taken.
function search(set, block, stop, size) {
    while (block && block !== stop && probe(set, block) < size) block = block.nextFree;
    return block === stop ? null : block;
}

function find(set, size) {
    let found = null;
    if (set.cursor) found = search(set, set.cursor, null, size);
    return found ? found : search(set, set.root[0], set.cursor, size);
}

function insert(set, block) {
    push(set, 0, block);
}

function remove(set, block) {
    if (set.cursor === block) set.cursor = block.nextFree;
    unlink(set, 0, block);
}

function take(set, block) {
    set.cursor = block.nextFree;
}
