#!/bin/bash
# Octave: matrices, sparse systems, cells, structures, text, a function file.
# packages: octave
# programs: octave-cli
# served: octave-cli
. "$(dirname "$0")/lib.sh"
cat >work.m <<'M'
1;
function r = twice(varargin)
  r = 2 * sum(cellfun(@numel, varargin));
end
rand("twister", 42);
a = rand(400); printf("inv %.6f\n", norm(inv(a) * a - eye(400)) < 1e-8);
printf("eig %.4f\n", sum(abs(eig(a))));
s = sprand(3000, 3000, 0.002) + speye(3000) * 5; b = s \ ones(3000, 1); printf("sparse %d\n", norm(s * b - 1) < 1e-8);
c = {}; for n = 1:20000, c{mod(n * 7919, 600) + 1} = repmat("x", 1, mod(n, 90)); end
printf("cells %d\n", sum(cellfun(@numel, c)));
m = containers.Map(); for n = 1:4000, m(sprintf("k%d", mod(n * 31, 900))) = {n, ones(1, mod(n, 20))}; end
printf("map %d %s\n", m.Count, m.keys(){5});
t = struct(); for n = 1:1500, t.(sprintf("f%d", mod(n, 300))) = rand(mod(n, 15)); end
printf("struct %d\n", numel(fieldnames(t)));
text = sprintf("word%d ", mod((1:20000) * 7919, 997)); w = strsplit(text, " ");
printf("text %d %d\n", numel(unique(w)), numel(regexprep(text, '(\d)1', '$1x')));
printf("fft %.6f\n", sum(abs(fft(a(:)))(1:10)));
g = []; for n = 1:20000, g(end + 1) = n; end, printf("grown %d\n", sum(g));
printf("twice %d\n", twice(g, c, "abc"));
p = conv(rand(1, 5000), rand(1, 5000)); printf("conv %.6f\n", sum(p));
save -binary kept.bin a c t; clear a c t; load kept.bin; printf("again %d\n", numel(a) + numel(c));
try, error("world:said", "said"); catch e, disp(e.identifier); end
exit(3);
M
octave-cli --norc --no-history work.m
echo "octave ended with $?"
