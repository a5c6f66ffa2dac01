import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SlowProxy extends AsyncDisposable {
  readonly port: number;
}

export interface SlowLine {
  /** Delay of each byte in each direction, in milliseconds. */
  readonly delayMs: number;
  /** Bytes a second in each direction. */
  readonly bytesPerSecond: number;
}

/** A TCP line of loopback that is as slow as a school's: bytes pass in order, late, and no faster than told. */
export async function startSlowProxy(target: number, line: SlowLine): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    pipeSlowly(near, far, line);
    pipeSlowly(far, near, line);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Keeps at most a tenth of a second of the line in its hands, so that the sender feels how slow it is. */
function pipeSlowly(from: Socket, to: Socket, { delayMs, bytesPerSecond }: SlowLine): void {
  let freeAt = performance.now();
  // Timers of a millisecond's difference may fire out of order; the bytes may not.
  const queue: Buffer[] = [];
  from.on('data', (chunk) => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now) + (chunk.length / bytesPerSecond) * 1_000;
    queue.push(chunk);
    setTimeout(
      () => {
        const next = queue.shift();
        if (next && !to.destroyed) to.write(next);
      },
      freeAt - now + delayMs,
    );
    const aheadMs = freeAt - now - 100;
    if (aheadMs <= 0) return;
    from.pause();
    setTimeout(() => from.resume(), aheadMs);
  });
}
