"""A service as many are: Flask under waitress, eight threads. SQLite, templates, JSON, gzip, a cache of pages.

    service.py PORT FOLDER

Every request for / is another one, always in the same order: what is taken and freed does not depend on the client.
"""
import collections
import gzip
import itertools
import json
import os
import random
import sqlite3
import sys
import threading

import flask
import waitress

THREADS, ARTICLES, CACHED = 8, 2000, 300
PAGE = """<html><head><title>{{ title }}</title></head><body>{% for article in articles %}
<article id="{{ article.id }}"><h2>{{ article.title }}</h2>
{% for part in article.text.split(". ") %}<p class="{{ loop.cycle('odd', 'even') }}">{{ part }}</p>
{% endfor %}<ul>{% for tag in article.tags %}<li>{{ tag|upper }}</li>{% endfor %}</ul></article>
{% endfor %}</body></html>"""

app = flask.Flask(__name__)
numbers = itertools.count()
cache, cache_lock = collections.OrderedDict(), threading.Lock()
local = threading.local()


def fill(path):
    chance = random.Random(42)
    words = ["word%d" % n for n in range(3000)]
    database = sqlite3.connect(path)
    database.execute("create table articles (id integer primary key, title text, text text, tags text)")
    for number in range(ARTICLES):
        text = ". ".join(" ".join(chance.choices(words, k=12)) for _ in range(chance.randint(5, 120)))
        tags = json.dumps(chance.sample(words, 6))
        database.execute("insert into articles values (?, ?, ?, ?)", (number, "Article %d" % number, text, tags))
    database.commit()
    database.close()


def some_articles(chance, count):
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(sys.argv[2] + "/articles")
    chosen = chance.sample(range(ARTICLES), count)
    query = "select id, title, text, tags from articles where id in (%s) order by title" % ",".join("?" * count)
    return [{"id": number, "title": title, "text": text, "tags": json.loads(tags)}
            for number, title, text, tags in local.database.execute(query, chosen)]


@app.route("/")
def answer():
    number = next(numbers)
    chance = random.Random(number)
    if number % 8 == 0:  # an export: large, and not kept
        body, kind = json.dumps(json.loads(json.dumps(some_articles(chance, 300))), indent=1), "application/json"
    else:
        articles = some_articles(chance, chance.randint(3, 15))
        body, kind = flask.render_template_string(PAGE, title=number, articles=articles), "text/html"
    packed = gzip.compress(body.encode(), 1)
    if kind == "text/html":
        with cache_lock:
            cache[number] = body, packed
            if len(cache) > CACHED:
                cache.popitem(last=False)
    return flask.Response(packed, content_type=kind, headers={"Content-Encoding": "gzip"})


fill(os.path.join(sys.argv[2], "articles"))
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=THREADS, _quiet=True)
