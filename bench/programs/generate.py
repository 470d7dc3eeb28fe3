"""Writes the larger inputs of the real programs: always the same for the same scale.

    generate.py FOLDER SCALE
"""
import os
import random
import subprocess
import sys


def templates_cpp(scale):
    """Heavy C++20: ranges, concepts, variants, and types made by the hundred from templates."""
    count = max(2, int(4 * scale))
    lines = ["#include <%s>" % h for h in
             ("algorithm", "functional", "map", "numeric", "ranges", "string", "tuple", "variant", "vector")]
    lines += [
        "template <int N> struct number { static constexpr int value = N; std::map<int, std::string> names; };",
        "template <int N, class... Rest> struct chain : chain<N - 1, number<N>, Rest...> {};",
        "template <class... Rest> struct chain<0, Rest...> {",
        "  std::tuple<Rest...> all; std::variant<std::monostate, Rest...> one; };",
        "template <class T> concept counted = requires(T t) { t.size(); };"]
    for i in range(count):
        lines.append("""
int work_%d(const std::vector<int> &in) {
  chain<%d> c; std::get<0>(c.all).names[%d] = "x";
  auto odd = in | std::views::filter([](int x) { return x %% %d; }) | std::views::transform([](int x) { return x * %d; });
  std::map<std::tuple<int, std::string, number<%d> *>, std::function<int(int)>> calls;
  for (int x : odd) calls[{x, std::to_string(x), nullptr}] = [=](int y) { return x + y; };
  return std::accumulate(calls.begin(), calls.end(), 0, [](int s, auto &p) { return s + p.second(1); });
}""" % (i, 8 + i % 12, i, i + 2, i + 3, 1000 + i))
    return "\n".join(lines) + "\n"


def statements_sql(scale):
    """Tables in memory: inserts, indices, joins, text functions, updates, deletes."""
    rows = max(100, int(120000 * scale))
    return """
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INTEGER);
CREATE TABLE buys(person INTEGER, item TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
  INSERT INTO person SELECT i, 'name ' || (i * 7919 %% 10007), 'city ' || (i %% 97), i %% 90 FROM n;
INSERT INTO buys SELECT id * 31 %% %d, 'item ' || (id %% 501), id %% 1000 / 7.0 FROM person;
CREATE INDEX by_name ON person(name, city);
CREATE INDEX by_person ON buys(person, item);
SELECT city, count(*), sum(price), group_concat(DISTINCT age) FROM person JOIN buys ON buys.person = person.id
  GROUP BY city ORDER BY 3 DESC LIMIT 20;
SELECT count(*) FROM (SELECT upper(name) || replace(city, 'city', 'town') AS x FROM person GROUP BY x);
UPDATE person SET name = name || ' the ' || age WHERE id %% 3 = 0;
DELETE FROM buys WHERE rowid %% 4 = 1;
SELECT name, (SELECT max(item) FROM buys WHERE person = person.id) FROM person ORDER BY name, id LIMIT 30;
SELECT count(DISTINCT item), round(avg(price), 6) FROM buys;
""" % (rows, rows)


def problems_smt2(scale):
    """Pigeons that don't fit their holes, bit-vector factoring, and sums over integers: a solver's small objects."""
    pigeons = max(4, int(7 + min(scale, 2)))
    lines = ["(push)"]
    for p in range(pigeons):
        lines += ["(declare-const p%d_%d Bool)" % (p, h) for h in range(pigeons - 1)]
        lines.append("(assert (or %s))" % " ".join("p%d_%d" % (p, h) for h in range(pigeons - 1)))
    for h in range(pigeons - 1):
        for a in range(pigeons):
            lines += ["(assert (not (and p%d_%d p%d_%d)))" % (a, h, b, h) for b in range(a + 1, pigeons)]
    lines += ["(check-sat)", "(pop)"]
    chance = random.Random(12)
    for _ in range(max(1, int(100 * scale))):
        a, b = chance.randrange(100, 250), chance.randrange(100, 250)
        lines += ["(push)", "(declare-const x (_ BitVec 16))", "(declare-const y (_ BitVec 16))",
                  "(assert (= (bvmul x y) #x%04x))" % (a * b & 0xffff),
                  "(assert (bvult #x0001 x))", "(assert (bvult x #x0100))", "(assert (bvult y #x0100))",
                  "(check-sat)", "(pop)"]
    names = ["i%d" % i for i in range(max(4, int(16 * scale)))]
    lines += ["(declare-const %s Int)" % n for n in names]
    for a, b in zip(names, names[1:]):
        lines.append("(assert (and (< %s %s) (< %s (+ %s 5)) (= (mod (+ %s %s) 3) 1)))" % (a, b, b, a, a, b))
    return "\n".join(lines + ["(check-sat)"]) + "\n"


def pages_ps(scale):
    """Pages with much text in several sizes, paths, clips and gradients."""
    chance = random.Random(5)
    lines = ["%!PS-Adobe-3.0"]
    for page in range(max(1, int(40 * scale))):
        for size in range(6, 20):
            lines.append("/Times-Roman findfont %d scalefont setfont" % size)
            for line in range(6):
                lines.append("%d %d moveto (page %d size %d line %d and a few words more) show" % (
                    20 + line * 3, 780 - (size - 6) * 50 - line * 8, page, size, line))
        for _ in range(150):
            x, y, r = chance.randrange(500), chance.randrange(700), chance.randrange(5, 60)
            lines.append("gsave %.2f %.2f %.2f setrgbcolor %d %d %d 0 %d arc %s grestore" % (
                chance.random(), chance.random(), chance.random(), x, y, r, chance.randrange(90, 360),
                chance.choice(["fill", "stroke", "clip newpath %d %d %d %d rectfill" % (x - r, y - r, r, r)])))
        lines.append("showpage")
    return "\n".join(lines) + "\n"


def history(scale):
    """A git history for fast-import: files that grow and change line by line."""
    chance = random.Random(9)
    files = {"file%d.txt" % i: ["line %d of %d" % (n, i) for n in range(300)] for i in range(25)}
    out, mark = [], 0
    for commit in range(max(5, int(900 * scale))):
        changed = chance.sample(sorted(files), 3)
        message = "change %d" % commit
        out.append("commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata %d\n%s\n" % (
            1700000000 + commit * 60, len(message), message))
        for name in changed:
            lines = files[name]
            for _ in range(5):
                lines[chance.randrange(len(lines))] = "now %d at %d %s" % (chance.randrange(10 ** 9), commit, name)
            lines.append("added by %d" % commit)
            text = "\n".join(lines) + "\n"
            out.append("M 644 inline %s\ndata %d\n%s\n" % (name, len(text), text))
        mark += 1
    return "".join(out)


def main():
    folder, scale = sys.argv[1], float(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    for name, text in (("templates.cpp", templates_cpp), ("statements.sql", statements_sql),
                       ("problems.smt2", problems_smt2), ("pages.ps", pages_ps)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text(scale))
    repository = os.path.join(folder, "repository")
    if not os.path.isdir(repository):
        environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME=folder, GIT_CONFIG_GLOBAL="/dev/null")
        environment.pop("LD_PRELOAD", None)
        subprocess.run(["git", "init", "-q", "--bare", repository], check=True, env=environment)
        subprocess.run(["git", "-C", repository, "fast-import", "--quiet"], check=True, env=environment,
                       input=history(scale).encode())


if __name__ == "__main__":
    main()
