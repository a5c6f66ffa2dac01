import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpStream } from '../../../agent/platform/network.ts';
import { createFastClock } from '../../support/clock.ts';
import { createTestNetwork } from '../../support/driver-context.ts';

const chunk = new Uint8Array(10_000).fill(7);

/** `chunks` pieces of 10,000 bytes; `read` tells how many were taken. */
function streamOf(chunks: number, fail?: Error): HttpStream & { readonly read: () => number } {
  let read = 0;
  return {
    sizeBytes: chunks * chunk.length,
    read: () => read,
    async *open() {
      for (let index = 0; index < chunks; index += 1) {
        if (fail && index === 3) throw fail;
        read += 1;
        yield chunk;
      }
    },
  };
}

describe('a body that is read while it is sent', () => {
  const clock = createFastClock(1);
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    expect(clock.pending).toBe(0);
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/upload`;
  }

  const send = (url: string, body: HttpStream, signal?: AbortSignal) =>
    createTestNetwork(clock).http.request({
      method: 'POST',
      url,
      body,
      timeoutMs: 5_000,
      maxBytes: 1_000,
      ...(signal ? { signal } : {}),
    });

  it('arrives whole, with its length stated', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      let size = 0;
      for await (const piece of request) size += (piece as Buffer).length;
      seen.push(size, request.headers['content-length'], request.headers['transfer-encoding']);
      response.end('done');
    });
    const response = await send(url, streamOf(300));
    expect(response.status).toBe(200);
    expect(seen).toEqual([3_000_000, '3000000', undefined]);
  });

  it('is not read to its end when the answer comes before', async () => {
    const url = await serve((_request, response) => void response.writeHead(401).end());
    const body = streamOf(100_000);
    expect((await send(url, body)).status).toBe(401);
    expect(body.read()).toBeLessThan(100_000);
  });

  it('that cannot be read ends the request with what went wrong', async () => {
    const url = await serve((request) => void request.resume());
    await expect(send(url, streamOf(10, new Error('disk gone')))).rejects.toThrow(/disk gone|failed/);
  });

  it('is given up when the caller gives up', async () => {
    const stop = new AbortController();
    const url = await serve((request) => {
      request.once('data', () => stop.abort(new Error('enough')));
    });
    await expect(send(url, streamOf(100_000), stop.signal)).rejects.toThrow('enough');
  });
});
