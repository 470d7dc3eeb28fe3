/*
 * trees.c - binary search trees are built in random order, searched, and taken down from the leaves.
 *
 * Stresses locality as a program feels it: the time goes into following pointers through nodes of 40 bytes,
 * so what counts is how densely they lie and how few lines and pages they touch.
 * A good allocator adds nothing to a node, and places what was taken together near each other.
 */
#include "workload.h"

struct node {
    struct node *left, *right;
    uint64_t key, value[2];
};

static struct node *insert(struct node *root, uint64_t key) {
    struct node *node = take(sizeof *node);
    *node = (struct node){.key = key};
    struct node **place = &root;
    while (*place)
        place = key < (*place)->key ? &(*place)->left : &(*place)->right;
    *place = node;
    return root;
}

static int find(const struct node *node, uint64_t key) {
    while (node && node->key != key)
        node = key < node->key ? node->left : node->right;
    return node != NULL;
}

static void take_down(struct node *node) {
    if (!node)
        return;
    take_down(node->left);
    take_down(node->right);
    free(node);
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t trees = scaled(12, 1), nodes = scale < 1 ? scaled(40e3, 100) : 40000, found = 0;
    for (size_t tree = 0; tree < trees; tree++) {
        struct dice build = dice_for(500 + tree), search = build;
        struct node *root = NULL;
        for (size_t i = 0; i < nodes; i++)
            root = insert(root, roll(&build));
        for (size_t i = 0; i < nodes; i++)
            found += (size_t)find(root, roll(&search));
        take_down(root);
    }
    figure("operations", (double)trees * (double)nodes * 2);
    return found == trees * nodes ? 0 : 1;
}
