"""Every run, in the format of the public suite mimalloc-bench: its graphs and those of others read it.

A line is a run: task, allocator, seconds, peak KiB, user and system seconds, major and minor page faults. That suite
calls the last two page faults and page reclaims. Names are filled with blanks, and one blank follows each field. A
run that failed has no line.
"""
HEAD = "# benchmark allocator elapsed rss user sys page-faults page-reclaims"


def line(task, allocator, run):
    return "%-11s %-5s %.3f %d %.3f %.3f %d %d" % (
        task, allocator, run["wall"], run["rss_kib"], run["user"], run["system"],
        run.get("major_faults", 0), run["faults"])  # a race.json of earlier days has no major faults


def text(results):
    lines = [line(task["name"], allocator, run) for task in results["tasks"]
             for allocator, runs in task["samples"].items() for run in runs if "failure" not in run]
    return "\n".join([HEAD] + lines) + "\n"
