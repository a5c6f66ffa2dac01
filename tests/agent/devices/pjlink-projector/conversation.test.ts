import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../../agent/devices/pjlink-projector/conversation.ts';
import type { TcpPort } from '../../../../agent/platform/network.ts';
import { RecoverableError } from '../../../../protocols/errors.ts';
import { queries } from '../../../../protocols/pjlink/queries.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { createFakeClock } from '../../../support/clock.ts';

const latin = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

/** A device that says the next text at the start and after each line that it gets; '' says nothing, undefined hangs up. */
function scripted(texts: readonly (string | undefined)[]) {
  const clock = createFakeClock();
  const written: string[] = [];
  const writtenAt: number[] = [];
  const waiting: (Uint8Array | undefined)[] = [];
  const script = [...texts];
  let open = 0;
  const say = () => {
    if (script.length === 0) return;
    const text = script.shift();
    if (text !== '') waiting.push(text === undefined ? undefined : latin(text));
  };
  const tcp: TcpPort = {
    connect: async () => {
      open++;
      say();
      return {
        write: async (bytes) => {
          writtenAt.push(clock.mono());
          written.push(Buffer.from(bytes).toString('latin1'));
          say();
        },
        read: async (signal) => {
          if (waiting.length === 0) await clock.wait(3_600_000, signal);
          return waiting.shift();
        },
        [Symbol.asyncDispose]: async () => {
          open--;
        },
      };
    },
  };
  const options = {
    address: { host: '192.0.2.1', port: 4352 },
    password: undefined,
    allowUnauthenticated: false,
    digest: 'md5' as const,
    tcp,
    clock,
    log: silentLog,
    signal: new AbortController().signal,
  };
  const run = async <T>(work: Promise<T>): Promise<T | Error> => {
    const settled = work.catch((error: Error) => error);
    await clock.advance(10_000);
    return await settled;
  };
  return { clock, written, writtenAt, options, run, open: () => open };
}

describe('conversation', () => {
  it('skips notices and stray answers between question and answer', async () => {
    const { options, run, written } = scripted([
      'PJLINK 0\r',
      '%2LKUP=00:11:22:33:44:55\r%1POWR=1\r',
      '%1POWR=1\r%1NAME=Board\r',
    ]);
    const opened = await run(Conversation.open(options));
    if (opened instanceof Error) throw opened;
    expect(opened.power).toEqual({ kind: 'value', value: 'on' });
    expect(await run(opened.conversation.ask(queries.name))).toEqual({ kind: 'value', value: 'Board' });
    expect(written).toEqual(['%1POWR ?\r', '%1NAME ?\r']);
  });

  it.each([
    ['no greeting', [''], 'timeout'],
    ['a greeting without end', ['PJLINK 0'], 'timeout'],
    ['a greeting that never ends', ['P'.repeat(200)], 'protocol'],
    ['another protocol', ['SSH-2.0-x\r\n'], 'protocol'],
    ['another authentication', ['PJLINK 2 00112233\r'], 'protocol'],
    ['an answer for a greeting', ['%1POWR=1\r'], 'protocol'],
    ['a refusal for a greeting', ['PJLINK ERRA\r'], 'authentication'],
    ['a hang-up', [undefined], 'connection-lost'],
    ['a hang-up after the question', ['PJLINK 0\r', undefined], 'connection-lost'],
    ['half an answer', ['PJLINK 0\r', '%1POW'], 'timeout'],
    ['only other answers', ['PJLINK 0\r', '%1NAME=x\r'.repeat(9)], 'protocol'],
    ['a flood of lines', ['PJLINK 0\r', '%1NAME=x\r'.repeat(10_000)], 'protocol'],
    ['a line without end', ['PJLINK 0\r', `%1POWR=${'1'.repeat(10_000)}`], 'protocol'],
    ['bytes', ['PJLINK 0\r', '\u00ff\u00fe\r'], 'protocol'],
  ])('ends on %s, and closes', async (_, texts, code) => {
    const { options, run, open, clock } = scripted(texts);
    expect(await run(Conversation.open(options))).toMatchObject({ name: 'DeviceError', code });
    expect([open(), clock.pending]).toEqual([0, 0]);
  });

  it('says that an acknowledgement which is none makes no sense', async () => {
    const { options, run } = scripted(['PJLINK 0\r', '%1POWR=1\r', '%1POWR=MAYBE\r', '%1POWR=ok\r', '%1POWR=ERR3\r']);
    const opened = await run(Conversation.open(options));
    if (opened instanceof Error) throw opened;
    const off = () => run(opened.conversation.set(queries.power, '0'));
    expect(await off()).toMatchObject({ code: 'protocol' });
    expect(await off()).toBeUndefined();
    expect(await off()).toBe('unavailable-time');
  });

  it('waits 50 ms after an answer before the next command', async () => {
    const { options, run, clock, writtenAt } = scripted(['PJLINK 0\r', '%1POWR=1\r', '%1NAME=x\r', '%1INF1=y\r']);
    const all = (async () => {
      const { conversation } = await Conversation.open(options);
      await conversation.ask(queries.name);
      await clock.wait(80);
      return await conversation.ask(queries.maker);
    })();
    expect(await run(all)).toEqual({ kind: 'value', value: 'y' });
    expect(writtenAt).toEqual([0, 50, 130]);
  });

  it('tells nobody there from somebody silent', async () => {
    const { options, run } = scripted([]);
    for (const [thrown, code] of [
      ['timeout', 'unreachable'],
      ['connection-refused', 'refused'],
    ] as const) {
      const tcp: TcpPort = { connect: () => Promise.reject(new RecoverableError(thrown, 'x')) };
      expect(await run(Conversation.open({ ...options, tcp }))).toMatchObject({ code });
    }
  });

  it('passes an abort on as it is, and closes', async () => {
    const { options, open, clock } = scripted(['']);
    const stop = new AbortController();
    const opening = Conversation.open({ ...options, signal: stop.signal }).catch((error: Error) => error);
    await clock.settle();
    stop.abort(new Error('removed'));
    expect(await opening).toMatchObject({ message: 'removed' });
    expect([open(), clock.pending]).toEqual([0, 0]);
  });

  it('ends with a device error or an answer, and closes, whatever bytes come', async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom('PJLINK 0\r', 'PJLINK 1 00112233\r', '%1POWR=1\r', '%1POWR=ERR3\r', 'PJLINK ERRA\r', '\r', ''),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 4 }), async (texts) => {
        const { options, run, open, clock } = scripted(texts);
        const opened = await run(Conversation.open({ ...options, password: 'p', allowUnauthenticated: true }));
        if (opened instanceof Error) expect(opened.name).toBe('DeviceError');
        else await opened.conversation[Symbol.asyncDispose]();
        expect([open(), clock.pending]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });
});
