# The contract of 13-editor.c: bash exercises/13-editor.sh FILE.c says what is broken first, and exits 0 or 1.
# The program that it makes runs on Halloc.
. "$(dirname "$0")/judge.sh"
cat >"$work/contract.c" <<'EOF'
#define main main_of_the_editor
#include FILE_TO_JUDGE
#undef main

static void want_text(const char *wanted, const char *when) {
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        exit(1);
    editor_print(to);
    fclose(to);
    if (strcmp(text, wanted) != 0) {
        printf("%s the text is\n%s-- not\n%s", when, text, wanted);
        exit(1);
    }
    free(text);
}

static void lines(const char *a, const char *b, const char *c) {
    const char *text[] = {a, b, c};
    for (int at = 0; at < 3; at++) {
        editor_open();
        editor_type(text[at]);
    }
}

int main(int count, char **words) {
    setvbuf(stdout, NULL, _IONBF, 0);
    lines("one", "two", "three");
    editor_delete();
    editor_type("!");
    want_text("one\ntwo!\n", "after the last line was deleted");
    editor_up();
    editor_delete();
    editor_type("?");
    want_text("two!?\n", "after the first line was deleted");
    editor_delete();
    editor_delete();
    want_text("", "after all lines were deleted");
    editor_type("anew");
    want_text("anew\n", "after all lines were deleted, and one was typed");
    editor_delete();
    lines("a", "b", "c");
    for (int round = 0; round < 200; round++) {
        editor_open();
        editor_type("overwritten");
        editor_delete();
        editor_type(round ? "" : "'");
    }
    want_text("a\nb\nc'\n", "after 200 lines came and went");
    puts("the contract is kept");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
EOF
compile_contract "$1"
judge halloc run -o "$work/report" -- "$work/contract"
grep -s "killed by" "$work/report"
exit 1
