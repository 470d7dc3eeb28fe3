// What the Java machine does to malloc (it keeps its own heap): its compilers' memory, direct buffers, compression.
// Its own javac first compiles this file. Eight threads share the work.
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

public class Threads {
    static long compress(byte[] data, int level) throws Exception {
        Deflater deflater = new Deflater(level);
        deflater.setInput(data);
        deflater.finish();
        byte[] out = new byte[2 * data.length];
        int length = deflater.deflate(out);
        deflater.end();
        Inflater inflater = new Inflater();
        inflater.setInput(out, 0, length);
        long back = inflater.inflate(new byte[data.length]);
        inflater.end();
        return length + back;
    }

    static long job(int seed) throws Exception {
        Random random = new Random(seed);
        ByteBuffer[] kept = new ByteBuffer[40];
        byte[] data = new byte[4000];
        long sum = 0;
        for (int turn = 0; turn < 500; turn++) {
            ByteBuffer made = ByteBuffer.allocateDirect(1 + random.nextInt(20_000));
            kept[random.nextInt(kept.length)] = made.put(0, (byte) turn);
            for (int i = 0; i < data.length; i++) data[i] = (byte) random.nextInt(16);
            sum += compress(data, turn % 9 + 1) + String.format("%08d %s", turn, made.capacity()).length();
        }
        return sum;
    }

    public static void main(String[] arguments) throws Exception {
        var pool = Executors.newFixedThreadPool(8);
        var jobs = new ArrayList<Future<Long>>();
        for (int i = 0; i < 12 * Double.parseDouble(arguments[0]); i++) {
            int seed = i;
            jobs.add(pool.submit(() -> job(seed)));
        }
        long sum = 0;
        for (var job : jobs) sum += job.get();
        pool.shutdown();
        System.out.println(sum);
    }
}
