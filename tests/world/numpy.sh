#!/bin/bash
# numpy and scipy: linear algebra by OpenBLAS's threads, sparse systems, transforms, forks, arrays of all sizes.
# packages: python3 python3-numpy python3-scipy
# programs: python3
# served: python3
. "$(dirname "$0")/lib.sh"
cat >work.py <<'PYTHON'
import hashlib, multiprocessing, pickle, sys, threading
import numpy as np, scipy.fft, scipy.linalg, scipy.optimize, scipy.sparse, scipy.sparse.linalg, scipy.spatial, scipy.signal
def digest(array): return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
chance = np.random.default_rng(42)
a = chance.random((500, 500))
print("solve", np.allclose(a @ np.linalg.solve(a, np.ones(500)), 1), round(float(np.linalg.svd(a, compute_uv=False).sum()), 4))
print("sorted", digest(np.sort(chance.integers(0, 10**9, 300000))), digest(np.argsort(chance.random(50000), kind="stable")))
kept = {}
for turn in range(30000):
    kept[turn * 7919 % 500] = np.full(int(chance.integers(1, 5000)), turn, dtype=np.int32)
print("kept", sum(int(one[0]) * len(one) for one in kept.values()))
for turn in range(15):
    zeros = np.zeros(5_000_000); zeros[turn::1000000] = 1; assert zeros.sum() == 5; del zeros
sparse = scipy.sparse.random(4000, 4000, 0.002, random_state=1, format="csc") + scipy.sparse.eye(4000) * 5
x = scipy.sparse.linalg.spsolve(sparse.tocsc(), np.ones(4000))
print("sparse", np.allclose(sparse @ x, 1), sparse.nnz)
print("fft", np.allclose(scipy.fft.ifft(scipy.fft.fft(a, workers=4)).real, a), round(float(abs(scipy.fft.rfft(a[0])).sum()), 6))
print("tree", int(scipy.spatial.cKDTree(chance.random((20000, 3))).query(chance.random((2000, 3)), workers=4)[1].sum()))
print("optimum", [round(float(v), 4) for v in scipy.optimize.minimize(lambda v: (v[0] - 1) ** 2 + (v[1] + 2) ** 2, [9, 9]).x])
def thread(n, out):
    b = np.full((300, 300), n + 1.0)
    for turn in range(20): b = (b @ b); b /= b.max()
    out[n] = float(b.sum())
out = [0] * 6
threads = [threading.Thread(target=thread, args=(n, out)) for n in range(6)]
for one in threads: one.start()
for one in threads: one.join()
print("threads", out)
def child(n): return digest(np.arange(n * 100000) @ np.ones(n * 100000)), digest(np.linalg.inv(np.eye(200) * n))
with multiprocessing.get_context("fork").Pool(4) as pool: print("forks", pool.map(child, range(1, 9)))
grown = np.array([])
for turn in range(300): grown = np.append(grown, np.arange(2000))
print("grown", grown.sum(), digest(pickle.loads(pickle.dumps(grown))))
text = np.array(["word%d" % (n * 7919 % 997) for n in range(50000)], dtype=object)
print("objects", len(np.unique(text)), digest(np.char.upper(text.astype(str))))
try: np.zeros(1 << 60)
except (MemoryError, ValueError) as error: print(type(error).__name__)
sys.exit(3)
PYTHON
PYTHONMALLOC=malloc PYTHONHASHSEED=0 python3 work.py
echo "python ended with $?"
