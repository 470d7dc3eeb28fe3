#!/bin/bash
# R: models, matrices, sorting, text, closures, forked workers.
# packages: r-base-core r-recommended
# programs: Rscript
# served: R
. "$(dirname "$0")/lib.sh"
cat >work.R <<'R'
set.seed(42)
x <- matrix(rnorm(250000), 500)
cat("solve", format(sum(abs(solve(crossprod(x)) %*% rep(1, 500))), digits = 6), "\n")
cat("svd", format(sum(svd(x[, 1:100])$d), digits = 9), "\n")
d <- data.frame(g = sample(letters, 50000, TRUE), v = runif(50000), n = sample(1000, 50000, TRUE))
print(head(aggregate(v ~ g, d, function(v) round(mean(v), 6))))
print(summary(lm(v ~ n + g, d))$r.squared)
cat("sorted", sum(as.numeric(order(d$n, d$v)) * seq_len(50000)), "\n")
text <- paste0("word", d$n, collapse = " ")
print(head(sort(table(strsplit(gsub("([0-9])1", "\\1x", text), " ")[[1]]), decreasing = TRUE), 5))
kept <- list(); for (i in 1:30000) { kept[[paste0("k", i %% 700)]] <- list(i, rep("s", i %% 50)); if (i %% 9 == 0) kept[[paste0("k", i %% 300)]] <- NULL }
cat("kept", length(kept), "\n")
cat("forks", unlist(parallel::mclapply(1:6, function(n) { a <- lapply(1:5000, function(i) rep(n, i %% 40)); length(unlist(a)) }, mc.cores = 3)), "\n")
again <- unserialize(serialize(d, NULL)); cat("again", identical(d, again), "\n")
v <- c(); for (i in 1:20000) v <- c(v[max(1, length(v) - 2000):length(v)], i); cat("grown", sum(v), "\n")
invisible(gc()); con <- gzfile("d.gz", "w"); write.csv(d, con); close(con); cat("read", nrow(read.csv("d.gz")), "\n")
fib <- compiler::cmpfun(function(n) if (n < 2) n else fib(n - 1) + fib(n - 2)); cat("fib", fib(20), "\n")
f <- function(n) f(n + 1); tryCatch(f(1), error = function(e) cat("deep enough\n"))
quit(status = 3)
R
Rscript --vanilla work.R
echo "R ended with $?"
