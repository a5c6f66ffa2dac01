import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, ReaderConnection } from '../../../../agent/devices/rfid-gate/reader-connection.ts';
import type { TcpPort } from '../../../../agent/platform/network.ts';
import { RecoverableError } from '../../../../protocols/errors.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { createFakeClock } from '../../../support/clock.ts';
import { bytesOf, loadVectors } from '../../../support/vectors.ts';

const vectors = loadVectors('llrp', 'messages');
const named = (name: string) => bytesOf(vectors.find((vector) => vector.name === name)!);
const accepted = named('connection accepted');
const keepalive = named('keepalive');
/** An answer of the vectors, under the number of the request. */
const answer = (name: string, id: number) => {
  const bytes = Uint8Array.from(named(name));
  new DataView(bytes.buffer).setUint32(6, id);
  return bytes;
};

/** A reader that says the first chunk at the start, and the next after each message that it gets; undefined hangs up. */
function scripted(script: readonly (Uint8Array | undefined)[]) {
  const clock = createFakeClock();
  const written: string[] = [];
  const chunks = [...script];
  const waiting: (Uint8Array | undefined)[] = [];
  let arrival = Promise.withResolvers<void>();
  let open = 0;
  const say = (chunk: Uint8Array | undefined) => {
    if (chunk?.length !== 0) waiting.push(chunk);
    arrival.resolve();
  };
  const next = () => {
    if (chunks.length > 0) say(chunks.shift());
  };
  const tcp: TcpPort = {
    connect: async () => {
      open++;
      next();
      return {
        write: async (bytes) => {
          written.push(Buffer.from(bytes).toString('hex'));
          next();
        },
        read: async (signal) => {
          while (waiting.length === 0) {
            arrival = Promise.withResolvers<void>();
            const { promise, reject } = Promise.withResolvers<never>();
            if (signal?.aborted) reject(signal.reason);
            signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
            await Promise.race([arrival.promise, promise]);
          }
          return waiting.shift();
        },
        [Symbol.asyncDispose]: async () => {
          open--;
        },
      };
    },
  };
  const stop = new AbortController();
  const options = {
    address: { host: '192.0.2.1', port: 5_084 },
    tcp,
    clock,
    log: silentLog,
    signal: stop.signal,
    keepaliveMs: 10_000,
  };
  const settle = async <T>(work: Promise<T>, byMs = 6_000): Promise<T | Error> => {
    const settled = work.catch((error: Error) => error);
    await clock.advance(byMs);
    return await settled;
  };
  const connect = async () => {
    const opened = await settle(ReaderConnection.open(options));
    if (opened instanceof Error) throw opened;
    return opened;
  };
  return { clock, written, options, settle, connect, say, stop, open: () => open };
}

const enable = { kind: 'enable-ro-spec', roSpec: 1 } as const;
const nothing = new Uint8Array();

describe('a connection to a reader', () => {
  it('says nothing until it is accepted, not even to a keepalive', async () => {
    const { written, settle, options, say, clock } = scripted([nothing]);
    const opening = ReaderConnection.open(options).catch((error: Error) => error);
    await clock.advance(4_000);
    say(keepalive);
    expect(await settle(opening, 0)).toMatchObject({ name: 'DeviceError', code: 'protocol' });
    expect(written).toEqual([]);
  });

  it.each<[string, (Uint8Array | undefined)[], string]>([
    ['says nothing', [nothing], 'timeout'],
    ['says half a greeting', [accepted.subarray(0, 20)], 'timeout'],
    ['hangs up', [undefined], 'connection-lost'],
    ['has another client', [named('connection refused: another client')], 'busy'],
    ['says that somebody else tried', [named('another client tried')], 'unavailable'],
    ['begins with a report', [named('a tag')], 'protocol'],
    ['speaks something else', [new TextEncoder().encode('SSH-2.0-OpenSSH_9\r\n')], 'protocol'],
    ['announces a message without end', [Uint8Array.from([4, 63, 255, 255, 255, 255, 0, 0, 0, 0])], 'protocol'],
  ])('is not had with a reader that %s, and leaves nothing behind', async (_, script, code) => {
    const { settle, options, open, clock } = scripted(script);
    expect(await settle(ReaderConnection.open(options))).toMatchObject({ name: 'DeviceError', code });
    expect([open(), clock.pending]).toEqual([0, 0]);
  });

  it('tells nobody there from somebody who refuses', async () => {
    const { settle, options } = scripted([]);
    for (const [thrown, code] of [
      ['timeout', 'unreachable'],
      ['connection-refused', 'refused'],
    ] as const) {
      const tcp: TcpPort = { connect: () => Promise.reject(new RecoverableError(thrown, 'x')) };
      expect(await settle(ReaderConnection.open({ ...options, tcp }))).toMatchObject({ code });
    }
  });

  it('finds the answer by its number, whatever comes between', async () => {
    const between = Buffer.concat([keepalive, named('input 1 goes high'), answer('ROSpec added', 77)]);
    const { connect, settle, written } = scripted([accepted, Buffer.concat([between, answer('ROSpec added', 1)])]);
    const reader = await connect();
    const heard: string[] = [];
    reader.listen((message) => heard.push(message.kind));
    const signal = new AbortController().signal;
    expect(await settle(reader.request({ kind: 'add-ro-spec' }, 'add-ro-spec-response', signal))).toMatchObject({
      kind: 'add-ro-spec-response',
      id: 1,
    });
    // The answer that nobody waits for is handed on, and nothing is made of it.
    expect(heard).toEqual(['reader-event-notification', 'add-ro-spec-response']);
    expect(written[1]).toBe('04480000000a0000044d');
    await settle(reader[Symbol.asyncDispose]());
  });

  it('tells a refusal, an error message and the wrong answer apart', async () => {
    const { connect, settle } = scripted([
      accepted,
      answer('error with field and parameter', 1),
      answer('unsupported version', 2),
      answer('version set', 3),
    ]);
    const reader = await connect();
    const signal = new AbortController().signal;
    const ask = () => settle(reader.request({ kind: 'add-ro-spec' }, 'add-ro-spec-response', signal), 0);
    expect(await ask()).toEqual({ refused: { code: 100, description: 'bad ROSpec' } });
    const second = await ask();
    expect(isRefusal(second as object) && second).toEqual({ refused: { code: 110, description: 'ver' } });
    expect(await ask()).toMatchObject({ name: 'DeviceError', code: 'protocol' });
    await settle(reader[Symbol.asyncDispose]());
  });

  it('waits 5 s for an answer, and ends all waiting when the connection ends', async () => {
    const { connect, settle, say, clock, open } = scripted([accepted]);
    const reader = await connect();
    const signal = new AbortController().signal;
    const ask = () => reader.request(enable, 'enable-ro-spec-response', signal).catch((error: Error) => error);
    const first = ask();
    await clock.advance(4_999);
    expect(await Promise.race([first, 'waits'])).toBe('waits');
    expect(await settle(first, 1)).toMatchObject({ code: 'timeout' });
    const both = [ask(), ask()];
    say(undefined);
    for (const one of both) expect(await settle(one, 0)).toMatchObject({ code: 'connection-lost' });
    expect(await ask()).toMatchObject({ code: 'connection-lost' });
    expect(await reader.tell(enable, signal).catch((error: Error) => error)).toMatchObject({ code: 'connection-lost' });
    await settle(reader[Symbol.asyncDispose]());
    expect([open(), clock.pending]).toEqual([0, 0]);
  });

  it('lets at most 16 requests wait', async () => {
    const { connect, settle } = scripted([accepted]);
    const reader = await connect();
    const signal = new AbortController().signal;
    const ask = () => reader.request(enable, 'enable-ro-spec-response', signal).catch((error: Error) => error);
    const all = Array.from({ length: 16 }, ask);
    expect(await settle(ask(), 0)).toMatchObject({ code: 'busy' });
    await settle(Promise.all(all));
    await settle(reader[Symbol.asyncDispose]());
  });

  it('ends after 2.5 keepalives of silence, and not before', async () => {
    const { connect, clock, say, settle } = scripted([accepted]);
    const reader = await connect();
    // 6 s have passed since the greeting.
    await clock.advance(18_000);
    say(keepalive);
    await clock.advance(24_999);
    expect(reader.failure).toBeUndefined();
    await clock.advance(1);
    expect(reader.failure).toMatchObject({ code: 'timeout' });
    await settle(reader[Symbol.asyncDispose]());
    expect(clock.pending).toBe(0);
  });

  it('passes an abort on as it is', async () => {
    const { options, stop, clock, open } = scripted([nothing]);
    const opening = ReaderConnection.open(options).catch((error: Error) => error);
    await clock.settle();
    stop.abort(new Error('removed'));
    expect(await opening).toMatchObject({ message: 'removed' });
    expect([open(), clock.pending]).toEqual([0, 0]);
  });

  it('ends with device errors or not at all, and leaves nothing behind, whatever bytes come', async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...vectors.map(bytesOf)),
      fc.constant(accepted),
      fc.constant(undefined),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), async (script) => {
        const { options, settle, clock, open, stop } = scripted([accepted, ...script]);
        const reader = await settle(ReaderConnection.open(options));
        if (!(reader instanceof ReaderConnection)) throw reader;
        for (const _ of script) {
          const outcome = await settle(reader.request(enable, 'enable-ro-spec-response', stop.signal));
          if (outcome instanceof Error) expect(outcome.name).toBe('DeviceError');
        }
        if (reader.failure !== undefined) expect(reader.failure).toMatchObject({ name: 'DeviceError' });
        await settle(reader[Symbol.asyncDispose]());
        expect([open(), clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 150 },
    );
  });
});
