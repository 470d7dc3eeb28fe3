"""What the tests of pages count and say."""
import sys

failures = []
count = 0


def check(right, what):
    global count
    count += 1
    if not right:
        failures.append(what)
        print("FAIL:", what)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, not {wanted!r}")


def finish():
    print(f"{count} checks, {len(failures)} failures")
    sys.exit(bool(failures))
