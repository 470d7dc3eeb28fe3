# Much allocation in perl; the scale is the argument. Ends with 4.
use strict;
use warnings;
my $scale = shift;
srand(42);

my %table;
for my $turn (1 .. 1500 * $scale) {
    my $key = "key" . int(rand(700));
    push @{ $table{$key} }, "v" x int(rand(80));
    $table{$key} = [ @{ $table{$key} }[-3 .. -1] ] if @{ $table{$key} } > 6;
    delete $table{ "key" . int(rand(700)) } if $turn % 5 == 0;
}
my $sum = 0;
for my $key (sort keys %table) { $sum += length for grep { defined } @{ $table{$key} } }
print scalar(keys %table), " keys, $sum characters\n";

my $text = "";
$text .= chr(97 + int(rand(26))) . ($_ % 6 ? "" : " ") for 1 .. 4000 * $scale;
my %seen;
$seen{$_}++ for $text =~ /\b(\w*[aeiou]\w*)\b/g;
my @most = (sort { $seen{$b} <=> $seen{$a} || $a cmp $b } keys %seen)[0 .. 9];
print join(",", map { "$_=$seen{$_}" } @most), "\n";
(my $other = $text) =~ s/([aeiou])(.)/uc($2) . $1/ge;
print unpack("%32C*", $other), "\n";

my $nested = { depth => 0 };
$nested = { inner => $nested, list => [ 1 .. 20 ] } for 1 .. 50 * $scale;
print join(" ", map { sprintf "%s", $_ } sort { $a <=> $b } map { int(rand(1e6)) } 1 .. 20), "\n";

open(my $file, ">", "sorted") or die;
print $file "$_\n" for sort split / /, $other;
close $file;

$| = 1;
for my $number (1 .. 3) {
    my $pid = fork;
    if (!$pid) {
        my @mine = map { "child $number " . "x" x $_ } 1 .. 500;
        undef %table;
        exit(@mine % 7);
    }
    waitpid $pid, 0;
    print "child $number ended with ", $? >> 8, "\n";
}
warn "ends with 4\n";
exit 4;
