#!/bin/bash
# Ruby: objects that turn over, strings, threads, Ractors, forks, a collector that compacts.
# packages: ruby
# programs: ruby
# served: ruby
. "$(dirname "$0")/lib.sh"
cat >work.rb <<'RUBY'
require "digest"; require "json"; require "set"; require "zlib"; require "bigdecimal"; require "erb"
def digest(value) = Digest::SHA256.hexdigest(value.inspect)[0, 16]
chance = Random.new(42)
table = {}
60_000.times do |turn|
  table["key#{chance.rand(3000)}"] = ["x" * chance.rand(400), { turn => :value }, [turn] * chance.rand(20)]
  table.delete("key#{chance.rand(3000)}") if turn % 5 == 0
end
puts "table #{digest(table.sort)}"
text = +""
40_000.times { |n| text << "word#{n * 7919 % 997} " << (n % 13 == 0 ? "\n" : "") }
puts "text #{digest(text.lines.map(&:split).flatten.tally.sort)} #{text.gsub(/o(r)/) { $1.upcase }.hash == 0} #{digest(text.scan(/\w+5\b/))}"
threads = 8.times.map do |n|
  Thread.new { (1..4000).inject("") { |all, i| (all + "#{n}#{i}")[-200..] || all + "#{n}#{i}" } }
end
puts "threads #{digest(threads.map(&:value))}"
queue = Queue.new
workers = 4.times.map { Thread.new { sum = 0; while (got = queue.pop) != :end; sum += got.sum { |s| s.size }; end; sum } }
2000.times { |n| queue << Array.new(20) { |i| "s" * (n + i) } }
4.times { queue << :end }
puts "queue #{workers.sum(&:value)}"
$VERBOSE = nil
ractors = 3.times.map { |n| Ractor.new(n) { |m| (1..20_000).map { |i| "#{m}-#{i}" }.join.size } }
puts "ractors #{ractors.map(&:take)}"
pids = 4.times.map { |n| fork { a = Array.new(20_000) { |i| "child#{i}" * (n + 1) }; GC.start; exit!(a.sum(&:size) % 100) } }
puts "forks #{pids.map { |pid| Process.wait2(pid)[1].exitstatus }}"
fibers = 500.times.map { |n| Fiber.new { 5.times { |i| Fiber.yield "f#{n}#{i}" * 10 } ; nil } }
puts "fibers #{digest(5.times.map { fibers.map(&:resume) })}"
GC.compact rescue puts "no compaction"
GC.verify_compaction_references(expand_heap: true, toward: :empty) rescue nil
again = Marshal.load(Marshal.dump(table))
puts "again #{again == table} #{digest(JSON.parse(JSON.generate(table)).size)}"
packed = Zlib::Deflate.deflate(text * 5, 9)
puts "packed #{digest(packed)} #{Zlib::Inflate.inflate(packed).size}"
puts "numbers #{digest((1..400).inject(:*))} #{digest(BigDecimal(2).sqrt(300).to_s)} #{(3**20000).to_s.size}"
puts ERB.new("<% 3.times do |i| %><%= i %>,<% end %>").result
begin; def deep(n) = deep(n + 1); deep(0); rescue SystemStackError; puts "deep enough"; end
exit 3
RUBY
ruby work.rb
echo "ruby ended with $?"
