<?php // Arrays, strings, objects, cycles, generators, regular expressions, JSON; ends with 3.
mt_srand(42);
$table = [];
for ($turn = 0; $turn < 60000; $turn++) {
    $table["k" . mt_rand(0, 3000)] = [str_repeat("x", mt_rand(0, 300)), ["n" => $turn], array_fill(0, mt_rand(1, 20), $turn)];
    if ($turn % 5 == 0)
        unset($table["k" . mt_rand(0, 3000)]);
}
ksort($table);
echo "table ", count($table), " ", md5(serialize($table)), "\n";
$text = "";
for ($n = 0; $n < 30000; $n++)
    $text .= "word" . $n * 7919 % 997 . " ";
echo "text ", md5(preg_replace('/([0-9])1/', '$1x', $text)), " ", count(array_count_values(explode(" ", $text))), "\n";
class Node { public $other; public $data; }
for ($n = 0; $n < 50000; $n++) {
    $a = new Node; $b = new Node; $a->other = $b; $b->other = $a; $a->data = str_repeat("y", $n % 100);
}
gc_collect_cycles();
echo "again ", unserialize(serialize($table)) == $table ? "same" : "other", " ", md5(json_encode($table)), "\n";
function numbers($to) { for ($n = 0; $n < $to; $n++) yield str_repeat((string)$n, 3); }
$sum = 0;
foreach (numbers(50000) as $one) $sum += strlen($one);
echo "generated $sum\n";
$grown = [];
for ($n = 0; $n < 300000; $n++) $grown[] = $n;
echo "grown ", array_sum($grown), "\n";
usort($grown, fn($a, $b) => $a * 7919 % 10007 <=> $b * 7919 % 10007);
echo "sorted ", md5(implode(",", array_map(fn($n) => $n * 7919 % 10007, $grown))), "\n";
echo "packed ", function_exists("gzdeflate") ? md5(gzdeflate($text, 6)) : "not", "\n";
echo "extensions ", count(get_loaded_extensions()), "\n";
exit(3);
