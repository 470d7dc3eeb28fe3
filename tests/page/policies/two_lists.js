// Best fit in two lists: small blocks in list 0, large ones in list 1.
const BIG = 200;

function better(best, block) {
    return best === null || block.size < best.size;
}

function find(set, size) {
    let best = null;
    for (let index = size > BIG ? 1 : 0; index < 2; index++) {
        for (let block = set.root[index]; block; block = block.nextFree) {
            const has = probe(set, block);
            if (has === size) return block;
            if (has > size && better(best, block)) best = block;
        }
        if (best) break;
    }
    return best;
}

function listOf(block) {
    return block.size > BIG ? 1 : 0;
}

function insert(set, block) {
    push(set, listOf(block), block);
}

function remove(set, block) {
    unlink(set, listOf(block), block);
}
