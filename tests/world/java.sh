#!/bin/bash
# java: javac compiles; many threads, direct buffers, compression, class loading, parallel streams, a child.
# packages: openjdk-17-jdk-headless
# programs: java javac
# served: java javac
# seconds: 240
. "$(dirname "$0")/lib.sh"
cat >World.java <<'JAVA'
import java.nio.ByteBuffer;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import java.util.zip.*;

public class World {
    record Item(int number, String name, List<Integer> parts) {}
    static String digest(Object value) throws Exception {
        var md = java.security.MessageDigest.getInstance("SHA-256");
        return HexFormat.of().formatHex(md.digest(value.toString().getBytes())).substring(0, 16);
    }
    static long pack(int seed) throws Exception {
        long sum = 0;
        byte[] data = new byte[200_000];
        new Random(seed).nextBytes(data);
        for (int i = 0; i < data.length; i++) data[i] &= 15;
        for (int turn = 0; turn < 20; turn++) {
            Deflater deflater = new Deflater(turn % 9 + 1);
            deflater.setInput(data); deflater.finish();
            byte[] out = new byte[300_000];
            int packed = deflater.deflate(out);
            deflater.end();
            Inflater inflater = new Inflater();
            inflater.setInput(out, 0, packed);
            byte[] back = new byte[data.length];
            inflater.inflate(back);
            inflater.end();
            if (!Arrays.equals(data, back)) throw new Exception("not the same");
            sum += packed;
        }
        return sum;
    }
    static long buffers(int seed) {
        Random random = new Random(seed);
        ByteBuffer[] kept = new ByteBuffer[50];
        long sum = 0;
        for (int turn = 0; turn < 400; turn++) {
            ByteBuffer made = ByteBuffer.allocateDirect(1 + random.nextInt(100_000));
            made.put(0, (byte) turn);
            if (kept[turn % 50] != null) sum += kept[turn % 50].get(0) + kept[turn % 50].capacity();
            kept[turn % 50] = made;
        }
        return sum;
    }
    public static void main(String[] args) throws Exception {
        var pool = Executors.newFixedThreadPool(16);
        List<Future<Long>> jobs = new ArrayList<>();
        for (int i = 0; i < 24; i++) { int n = i; jobs.add(pool.submit(() -> pack(n) + buffers(n))); }
        long sum = 0;
        for (var job : jobs) sum += job.get();
        pool.shutdown();
        System.out.println("pool " + sum);
        Map<String, Item> table = new ConcurrentHashMap<>();
        IntStream.range(0, 200_000).parallel().forEach(n ->
            table.put("k" + n * 7919L % 50_021, new Item(n % 7, "x".repeat(n % 50), List.of(1, 2, 3))));
        System.out.println("table " + table.size());
        System.out.println("sorted " + digest(IntStream.range(0, 300_000).parallel().mapToObj(n -> n * 31L % 99_991)
            .sorted(Comparator.reverseOrder()).limit(5000).toList()));
        for (int n = 0; n < 200; n++) {
            Thread thread = new Thread(() -> ByteBuffer.allocateDirect(5000));
            thread.start(); thread.join();
        }
        for (int n = 0; n < 5; n++) System.gc();
        System.out.println("regex " + "a1b22c333".repeat(2000).replaceAll("(\\d+)", "<$1>").length());
        var child = new ProcessBuilder("sh", "-c", "echo child; exit 4").redirectErrorStream(true).start();
        System.out.println(new String(child.getInputStream().readAllBytes()).trim() + " " + child.waitFor());
        try { deep(0); } catch (StackOverflowError e) { System.out.println("deep enough"); }
        try { long[][] all = new long[10000][]; for (int i = 0; ; i++) all[i] = new long[10_000_000]; }
        catch (OutOfMemoryError e) { System.out.println(e.getMessage()); }
        System.exit(3);
    }
    static int deep(int n) { return deep(n + 1) + 1; }
}
JAVA
javac -d . World.java || exit
sha256sum ./*.class | cut -c1-16
for collector in G1 Serial Parallel Z; do
    java -Xmx300m -XX:+Use${collector}GC -XX:MaxDirectMemorySize=200m -XX:-UsePerfData -cp . World
    echo "java with $collector ended with $?"
done
jar=(java -Xshare:off -Xint -XX:-UsePerfData -version)
"${jar[@]}" 2>&1 | head -n 1 | cut -d' ' -f1
