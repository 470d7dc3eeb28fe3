#!/bin/bash
# memcached: four clients store, read, append and delete values of all sizes.
# packages: memcached perl
# programs: memcached perl
# served: memcached perl
. "$(dirname "$0")/lib.sh"
serve memcached.log memcached -s "$PWD/s" -m 200 -t 4
until_it test -S s
cat >client.pl <<'PERL'
use strict; use IO::Socket::UNIX; use Digest::SHA 'sha256_hex';
my $number = shift;
my $server = IO::Socket::UNIX->new(Peer => "s") or die "no server: $!";
my $all = Digest::SHA->new(256);
sub ask { print $server $_[0]; $server->flush; my $line = <$server>; $line =~ s/\r\n//; $line }
my %count;
for my $turn (1 .. 6000) {
    my $size = $turn * 7919 % 3000 + ($turn % 500 ? 0 : 200000);
    my $key = "c$number-" . $turn * 31 % 2500;
    my $value = substr("$number.$turn." x ($size / 4 + 1), 0, $size);
    $count{ask("set $key 0 0 $size\r\n$value\r\n")}++;
    $count{ask("append $key 0 0 3\r\nend\r\n")}++ if $turn % 3 == 0;
    $count{ask("delete $key\r\n")}++ if $turn % 11 == 0;
    print $server "get $key\r\n";
    while ((my $line = <$server>) !~ /^END/) {
        $line =~ /^VALUE \S+ \d+ (\d+)/ or die $line;
        read($server, my $got, $1 + 2);
        $all->add($got);
    }
}
print "client $number ", substr($all->hexdigest, 0, 16), " ", join(",", map { "$_=$count{$_}" } sort keys %count), "\n";
PERL
clients=()
for number in 1 2 3 4; do
    perl client.pl $number >"client$number" 2>&1 &
    clients+=($!)
done
wait "${clients[@]}"
cat client[1-4]
perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => "s"); print $s "stats\r\n";
    while (<$s>) { print if /^STAT (curr_items|total_items|evictions|cmd_get|get_hits)/; last if /^END/ }'
stop TERM
