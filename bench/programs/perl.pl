# What a Perl program does to its allocator: hashes of arrays, strings that grow, regular expressions, sorting.
use strict;
use warnings;
my $scale = $ARGV[0];
my $seed = 7;
sub dice { $seed = ($seed * 1103515245 + 12345) % 2147483648; return int($seed / 65536) % $_[0] }

my (%lines, $text);
for my $number (1 .. int(120000 * $scale)) {
    my $name = "user" . dice(9000);
    push @{ $lines{$name} }, { number => $number, text => "x" x dice(60), list => [1 .. dice(5)] };
    $text .= "$name=$number, ";
}
my %count;
$count{$1} += $2 while $text =~ /user(\d+)=(\d+)/g;
my @order = sort { $count{$a} <=> $count{$b} || $a <=> $b } keys %count;
delete $lines{"user$_"} for @order[0 .. $#order / 2];
my $sum = 0;
for my $name (sort keys %lines) { $sum += length $_->{text} for @{ $lines{$name} } }
print scalar(@order), " $sum ", length $text, "\n";
