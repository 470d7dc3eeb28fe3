// First fit in the order of addresses: blocks are compared as pointers are in C.
function find(set, size) {
  let block = set.root[0];
  while (block && probe(set, block) < size)
    block = block.nextFree;
  return block;
}

function insert(set, block) {
  let before = null;
  let after = set.root[0];
  while (after && after < block) {
    before = after;
    after = after.nextFree;
  }
  block.prevFree = before;
  block.nextFree = after;
  if (after) after.prevFree = block;
  if (before) before.nextFree = block;
  else set.root[0] = block;
}

function remove(set, block) {
  unlink(set, 0, block);
}
