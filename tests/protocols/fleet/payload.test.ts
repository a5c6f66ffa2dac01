import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { type ChannelName, type ChannelPayload, channelNames, channels } from '../../../protocols/fleet/channels.ts';
import { decodePayload, encodePayload, packJson, unpackJson } from '../../../protocols/fleet/payload.ts';
import { arbitraryOf } from '../../support/arbitraries.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const values = (channel: ChannelName) =>
  arbitraryOf(channels[channel].schema) as fc.Arbitrary<ChannelPayload<ChannelName>>;
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError);
    return (thrown as ProtocolError).code;
  }
};
const heartbeat: ChannelPayload<'up/heartbeat'> = {
  session: 's',
  at: 1,
  uptimeSeconds: 1,
  generation: 1,
  queue: { records: 0, bytes: 0, shed: 0 },
  load: { rssBytes: 1, cpuPercent: 1, loopDelayP99Ms: 1 },
  devices: { total: 1, up: 1 },
};
const frameOf = (state: unknown) =>
  `{"epoch":"abcdefgh","sentAt":1,"lane":"state","from":1,"through":1,"records":[${JSON.stringify({
    kind: 'state',
    seq: 1,
    at: 1,
    device: 'a',
    capability: 'power',
  }).slice(0, -1)},"state":${state}}]}`;

describe.each(channelNames)('%s', (channel) => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(values(channel), (value) => {
        const bytes = encodePayload(channel, value);
        expect(bytes.length).toBeLessThanOrEqual(channels[channel].maxBytes);
        expect(decodePayload(channel, bytes)).toEqual(channels[channel].schema.parse(value));
      }),
      { numRuns: 60 },
    );
  });

  it('neither sends nor takes keys that it does not know', () => {
    fc.assert(
      fc.property(values(channel), (value) => {
        const more = { ...value, zzUnknown: { a: 1 } };
        expect(unpackJson(encodePayload(channel, more))).not.toHaveProperty('zzUnknown');
        const received = packJson(more);
        if (received.length > channels[channel].maxBytes) return;
        expect(decodePayload(channel, received)).toEqual(channels[channel].schema.parse(value));
      }),
      { numRuns: 20 },
    );
  });

  it('answers random bytes by ProtocolError and nothing else', () => {
    const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, packed) => {
        codeOf(() => decodePayload(channel, packed ? Buffer.concat([magic, bytes]) : bytes));
        codeOf(() => decodePayload(channel, zstdCompressSync(bytes)));
      }),
      { numRuns: 200 },
    );
  });

  it('survives a valid payload with a byte changed, or cut off anywhere', () => {
    fc.assert(
      fc.property(values(channel), fc.nat(), fc.nat(255), fc.nat(), (value, at, byte, cut) => {
        const bytes = encodePayload(channel, value);
        const changed = Buffer.from(bytes);
        changed[at % changed.length] = byte;
        codeOf(() => decodePayload(channel, changed));
        expect(codeOf(() => decodePayload(channel, bytes.subarray(0, cut % bytes.length)))).not.toBe('nothing');
      }),
      { numRuns: 100 },
    );
  });

  it('refuses more bytes than the channel takes', () => {
    const { maxBytes } = channels[channel];
    expect(codeOf(() => decodePayload(channel, Buffer.alloc(maxBytes + 1, 0x20)))).toBe('oversize');
  });
});

describe('payload', () => {
  it('is plain JSON up to 1 KiB and one zstd frame beyond', () => {
    expect(packJson({ a: 'x'.repeat(1_000) })[0]).toBe(0x7b);
    const packed = packJson({ a: 'x'.repeat(1_100) });
    expect(packed.readUInt32LE(0)).toBe(0xfd2fb528);
    expect(packed.length).toBeLessThan(100);
    expect(unpackJson(packed)).toEqual({ a: 'x'.repeat(1_100) });
  });

  it('takes either form of any size', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = Buffer.from(JSON.stringify(value));
        expect(unpackJson(plain)).toEqual(JSON.parse(plain.toString()));
        expect(unpackJson(zstdCompressSync(plain))).toEqual(JSON.parse(plain.toString()));
      }),
    );
  });

  it('does not unpack a bomb', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    expect(bomb.length).toBeLessThan(16 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const tookMs = cpuMsOf(() => {
      for (let i = 0; i < 20; i++) expect(codeOf(() => decodePayload('up/hello', bomb))).toBe('oversize');
    });
    expect(tookMs).toBeLessThan(2_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('does not take bombs one inside another, nor two frames for one', () => {
    const inner = zstdCompressSync(Buffer.alloc(1024 * 1024 + 1, 0x20));
    expect(codeOf(() => unpackJson(zstdCompressSync(inner)))).toBe('malformed');
    const one = zstdCompressSync(Buffer.from('{"a":1}'));
    expect(['malformed', 'oversize', 'nothing']).toContain(codeOf(() => unpackJson(Buffer.concat([one, one]))));
  });

  it('tells what is wrong where', () => {
    const wrong = { ...heartbeat, queue: { ...heartbeat.queue, records: -1 } };
    expect(() => encodePayload('up/heartbeat', wrong)).toThrow(/up\/heartbeat: queue\.records/);
    expect(codeOf(() => decodePayload('up/heartbeat', Buffer.from('[]')))).toBe('malformed');
    expect(codeOf(() => decodePayload('up/heartbeat', Buffer.from('null')))).toBe('malformed');
    expect(codeOf(() => decodePayload('up/heartbeat', Buffer.alloc(0)))).toBe('malformed');
  });

  it('refuses a document of more levels than can be written again', () => {
    const levels = (n: number) => Buffer.from(frameOf(`{"a":${'['.repeat(n)}${']'.repeat(n)}}`));
    expect(codeOf(() => decodePayload('up/frames', levels(10)))).toBe('nothing');
    expect(codeOf(() => decodePayload('up/frames', levels(60_000)))).toBe('malformed');
  });

  it('lets no key of a document reach a prototype', () => {
    const frame = decodePayload(
      'up/frames',
      Buffer.from(frameOf('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}')),
    );
    const [record] = frame.records;
    expect(record?.kind === 'state' && Object.getPrototypeOf(record.state)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('reads a view into a larger buffer and no byte beside it', () => {
    const bytes = encodePayload('up/heartbeat', heartbeat);
    const padded = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')]);
    expect(decodePayload('up/heartbeat', padded.subarray(2, 2 + bytes.length))).toEqual(heartbeat);
  });
});
