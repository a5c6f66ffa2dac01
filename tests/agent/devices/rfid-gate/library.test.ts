import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Library, type LibraryStatus } from '../../../../agent/devices/rfid-gate/library.ts';
import type { TcpPort } from '../../../../agent/platform/network.ts';
import { RecoverableError } from '../../../../protocols/errors.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { createFakeClock, type FakeClock } from '../../../support/clock.ts';

/** What the system answers to a line: texts without their end, and after how many milliseconds. */
type Script = (line: string, nth: number) => { readonly afterMs?: number; readonly texts: readonly string[] } | 'close';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const withSum = (text: string, sequence: string) => {
  const start = `${text}AY${sequence}AZ`;
  const sum = (0x10000 - ([...bytes(start)].reduce((total, byte) => total + byte, 0) & 0xffff)) & 0xffff;
  return start + sum.toString(16).toUpperCase().padStart(4, '0');
};
const sequenceOf = (line: string) => /AY(\d)AZ/.exec(line)?.[1] ?? '0';
const status = `98YNNYNN60000320261124    0815002.00AOTHPT|BXYYYYYYYYYNYNYYYY|`;
const itemOf = (line: string) => /\|AB([^|]*)\|/.exec(line)?.[1] ?? '';
const answerItem = (line: string, circulation: string) =>
  withSum(`18${circulation}020120261124    081500AB${itemOf(line)}|AJSách|`, sequenceOf(line));
/** A system that answers at once; items are lent. */
const sound: Script = (line) => {
  if (line.startsWith('93')) return { texts: [withSum('941', sequenceOf(line))] };
  if (line.startsWith('99')) return { texts: [withSum(status, sequenceOf(line))] };
  return { texts: [answerItem(line, '04')] };
};

function start(clock: FakeClock, script: () => Script, options: { readonly errorDetection?: boolean } = {}) {
  const lines: { readonly atMs: number; readonly text: string }[] = [];
  const statuses: LibraryStatus[] = [];
  let [open, connects] = [0, 0];
  let refuses: Error | undefined;
  const tcp: TcpPort = {
    connect: async () => {
      connects++;
      if (refuses) throw refuses;
      open++;
      const waiting: (Uint8Array | undefined)[] = [];
      let wake = Promise.withResolvers<void>();
      const say = (chunk: Uint8Array | undefined) => {
        waiting.push(chunk);
        wake.resolve();
      };
      return {
        write: async (written) => {
          const text = Buffer.from(written).toString('utf8').replace(/\r$/, '');
          lines.push({ atMs: clock.mono(), text });
          const answer = script()(text, lines.length);
          if (answer === 'close') return say(undefined);
          const { afterMs = 0, texts } = answer;
          const send = () => {
            for (const one of texts) say(bytes(`${one}\r`));
          };
          if (afterMs === 0) send();
          else void clock.wait(afterMs).then(send);
        },
        read: async (signal) => {
          while (waiting.length === 0) {
            wake = Promise.withResolvers<void>();
            const { promise, reject } = Promise.withResolvers<never>();
            const onAbort = () => reject(signal?.reason);
            if (signal?.aborted) onAbort();
            signal?.addEventListener('abort', onAbort, { once: true });
            await Promise.race([wake.promise, promise]);
          }
          return waiting.shift();
        },
        [Symbol.asyncDispose]: async () => {
          open--;
        },
      };
    },
  };
  const library = new Library({
    library: { host: '192.0.2.1', port: 6_001, institution: '', errorDetection: true, answerMs: 500, ...options },
    credentials: { username: 'gate', password: 'secret' },
    tcp,
    clock,
    log: silentLog,
    onStatus: (_, to) => statuses.push(to),
  });
  library.start();
  return {
    library,
    lines,
    statuses,
    open: () => open,
    connects: () => connects,
    refuse: (error: Error | undefined) => {
      refuses = error;
    },
  };
}

describe('a library that is asked for items', () => {
  let clock: FakeClock;
  let script: Script;
  let run: ReturnType<typeof start>;

  beforeEach(() => {
    clock = createFakeClock();
    script = sound;
    run = start(clock, () => script);
  });
  afterEach(async () => {
    await run.library[Symbol.asyncDispose]();
    await clock.advance(600_000);
    expect([run.open(), clock.pending]).toEqual([0, 0]);
  });

  const ready = async () => {
    await clock.settle();
    expect(run.library.status).toBe('ready');
  };
  /** The verdict and when it came, in milliseconds from now. */
  const judge = async (item: string) => {
    const startedAt = clock.mono();
    const verdict = await run.library.judge(item);
    return { verdict, afterMs: clock.mono() - startedAt };
  };

  it('is signed in to, asked what it can do, and then for items only', async () => {
    await ready();
    expect(await judge('TV-1')).toEqual({ verdict: { kind: 'pass' }, afterMs: 0 });
    expect(run.lines.map(({ text }) => text.slice(0, 2))).toEqual(['93', '99', '17']);
    // The institution is the one that it gave itself.
    expect(run.lines[2]?.text).toMatch(/^17\d{8} {3}Z\d{6}AOTHPT\|ABTV-1\|AC\|AY2AZ[0-9A-F]{4}$/);
    expect(run.connects()).toBe(1);
  });

  it('is waited for 500 ms and no longer', async () => {
    await ready();
    script = (line) => ({ ...(sound(line, 0) as object), afterMs: 499, texts: [answerItem(line, '03')] });
    const inTime = judge('TV-1');
    await clock.advance(499);
    expect(await inTime).toEqual({ verdict: { kind: 'alarm', reason: 'available' }, afterMs: 499 });
    script = (line) => ({ afterMs: 501, texts: [answerItem(line, '03')] });
    const late = judge('TV-2');
    await clock.advance(500);
    expect(await late).toEqual({ verdict: { kind: 'undecided', reason: 'library-slow' }, afterMs: 500 });
    expect(run.statuses).toEqual(['ready', 'unavailable']);
    // The late answer belongs to nobody, and the next question gets its own.
    await clock.advance(10);
    script = (line) => ({ texts: [answerItem(line, '04')] });
    expect((await judge('TV-3')).verdict).toEqual({ kind: 'pass' });
    expect(run.statuses).toEqual(['ready', 'unavailable', 'ready']);
    expect(run.connects()).toBe(1);
  });

  it('is not waited for longer by those who stand in line', async () => {
    await ready();
    script = (line) => ({ afterMs: 300, texts: [answerItem(line, '04')] });
    const all = ['a', 'b', 'c', 'd'].map(judge);
    await clock.advance(700);
    const results = await Promise.all(all);
    expect(results.map(({ afterMs }) => afterMs)).toEqual([300, 500, 500, 500]);
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['pass', 'undecided', 'undecided', 'undecided']);
    // One question at a time: the second waits for the answer to the first.
    const asked = run.lines.filter(({ text }) => text.startsWith('17')).map(({ atMs }) => atMs);
    expect(asked.slice(0, 2)).toEqual([0, 300]);
  });

  it('has at most 16 in line; those beyond pass at once', async () => {
    await ready();
    script = () => ({ texts: [] });
    const all = Array.from({ length: 18 }, (_, index) => judge(String(index)));
    await clock.settle();
    expect((await all[17])?.verdict).toEqual({ kind: 'undecided', reason: 'library-busy' });
    expect((await all[17])?.afterMs).toBe(0);
    await clock.advance(500);
    expect((await all[0])?.verdict).toEqual({ kind: 'undecided', reason: 'library-slow' });
    await Promise.all(all);
  });

  it('is never waited for while it is not connected', async () => {
    run.refuse(new RecoverableError('connection-refused', 'no'));
    await ready();
    script = () => 'close';
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'undecided', reason: 'library-unavailable' });
    await clock.settle();
    expect(await judge('TV-2')).toEqual({
      verdict: { kind: 'undecided', reason: 'library-unavailable' },
      afterMs: 0,
    });
    const before = run.connects();
    await clock.advance(60_000);
    // 1, 2, 4, 8, 16, 32 s with a quarter at random.
    expect(run.connects() - before).toBeGreaterThanOrEqual(4);
    expect(run.connects() - before).toBeLessThanOrEqual(6);
    run.refuse(undefined);
    script = sound;
    await clock.advance(75_000);
    expect(run.library.status).toBe('ready');
    expect((await judge('TV-3')).verdict).toEqual({ kind: 'pass' });
  });

  it('is connected to anew after three questions in a row without an answer', async () => {
    await ready();
    script = () => ({ texts: [] });
    for (const item of ['a', 'b', 'c']) {
      const asked = judge(item);
      await clock.advance(500);
      expect((await asked).verdict.kind).toBe('undecided');
    }
    script = sound;
    await clock.advance(1_300);
    expect(run.connects()).toBe(2);
    expect(run.library.status).toBe('ready');
  });

  it('is asked once a minute while nobody passes', async () => {
    await ready();
    await clock.advance(125_000);
    expect(run.lines.map(({ text }) => text.slice(0, 2))).toEqual(['93', '99', '99', '99']);
    script = () => ({ texts: [] });
    await clock.advance(60_000);
    expect(run.library.status).toBe('unavailable');
  });

  it('does not make items wait for its own question', async () => {
    await ready();
    script = () => ({ texts: [] });
    await clock.advance(60_000);
    const asked = judge('TV-1');
    await clock.advance(500);
    expect(await asked).toEqual({ verdict: { kind: 'undecided', reason: 'library-slow' }, afterMs: 500 });
  });

  it('is asked for a damaged answer again, three times', async () => {
    await ready();
    const broken = (text: string) => `${text.slice(0, -4)}0000`;
    let damaged = 2;
    script = (line) => {
      const whole = line.startsWith('97')
        ? withSum('1804020120261124    081500ABTV-1|AJx|', '0')
        : answerItem(line, '04');
      return { texts: [damaged-- > 0 ? broken(whole) : whole] };
    };
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'pass' });
    expect(run.lines.slice(2).map(({ text }) => text.slice(0, 2))).toEqual(['17', '97', '97']);
    expect(run.lines[3]?.text).toBe('97AZFEF5');
    damaged = 100;
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'undecided', reason: 'library-unavailable' });
    expect(run.lines.slice(5).map(({ text }) => text.slice(0, 2))).toEqual(['17', '97', '97', '97']);
  });

  it('takes an answer that lost its checksum for damaged', async () => {
    await ready();
    script = (line) =>
      line.startsWith('97')
        ? { texts: [withSum('1803020120261124    081500ABTV-1|AJx|', '0')] }
        : { texts: [`1804020120261124    081500ABTV-1|AJx|AY2BZ0000`] };
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'alarm', reason: 'available' });
  });

  it('is told again what it did not understand, with the same sequence number', async () => {
    await ready();
    let misses = 2;
    script = (line) => ({ texts: [misses-- > 0 ? '96AZFEF6' : answerItem(line, '04')] });
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'pass' });
    const asked = run.lines.slice(2).map(({ text }) => text);
    expect(asked).toHaveLength(3);
    expect(new Set(asked).size).toBe(1);
  });

  it.each([
    ['answers with another sequence', (line: string) => [withSum(answerItem(line, '03').slice(0, -9), '9')]],
    ['answers for another item', (line: string) => [answerItem(line.replace('TV-1', 'TV-2'), '03')]],
    ['answers something else', () => [withSum('941', '2')]],
    ['says what is no message', () => ['login: ', 'Welcome']],
  ])('is not believed when it %s', async (_, texts) => {
    await ready();
    script = (line) => ({ texts: [...texts(line), answerItem(line, '04')] });
    expect((await judge('TV-1')).verdict).toEqual({ kind: 'pass' });
  });

  it('ends with a verdict within 500 ms, whatever it says', async () => {
    await ready();
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom('96AZFEF6', '97AZFEF5', '18', withSum('941', '2'), 'x'.repeat(9_000)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (texts) => {
        script = () => ({ texts });
        const asked = judge('TV-1');
        await clock.advance(500);
        const { verdict, afterMs } = await asked;
        expect(['undecided', 'unknown', 'pass', 'alarm']).toContain(verdict.kind);
        expect(afterMs).toBeLessThanOrEqual(500);
        script = sound;
        await clock.advance(90_000);
        expect(run.library.status).toBe('ready');
      }),
      { numRuns: 60 },
    );
  });
});

describe('a library that cannot be asked', () => {
  it.each<[string, Script, LibraryStatus, number]>([
    ['refuses our name', (line) => ({ texts: [withSum('940', sequenceOf(line))] }), 'refused', 300_000],
    [
      'answers no items',
      (line, nth) =>
        line.startsWith('99')
          ? { texts: [withSum(status.replace('BXYYYYYYYYYNY', 'BXYYYYYYYYYNN'), sequenceOf(line))] }
          : sound(line, nth),
      'unsupported',
      300_000,
    ],
    [
      'does not say what it answers',
      (line, nth) =>
        line.startsWith('99')
          ? { texts: [withSum('98YNNYNN60000320261124    0815002.00AOTHPT|', sequenceOf(line))] }
          : sound(line, nth),
      'unsupported',
      300_000,
    ],
    [
      'is off line',
      (line, nth) =>
        line.startsWith('99') ? { texts: [withSum(status.replace('98Y', '98N'), sequenceOf(line))] } : sound(line, nth),
      'unavailable',
      1_000,
    ],
    ['says nothing', () => ({ texts: [] }), 'unavailable', 1_000],
    ['hangs up', () => 'close', 'unavailable', 1_000],
  ])('%s', async (_, script, expected, pauseMs) => {
    const clock = createFakeClock();
    const run = start(clock, () => script);
    await clock.advance(10_000);
    expect(run.library.status).toBe(expected);
    expect(await run.library.judge('TV-1')).toEqual({ kind: 'undecided', reason: `library-${expected}` });
    const asked = run.lines.filter(({ text }) => text.startsWith('17'));
    expect(asked).toEqual([]);
    const connects = run.connects();
    await clock.advance(pauseMs === 300_000 ? 280_000 : 30_000);
    if (pauseMs === 300_000) expect(run.connects()).toBe(connects);
    else expect(run.connects()).toBeGreaterThan(connects);
    await run.library[Symbol.asyncDispose]();
    expect([run.open(), clock.pending]).toEqual([0, 0]);
  });

  it('may do without error detection', async () => {
    const clock = createFakeClock();
    const plain: Script = (line) => {
      if (line.startsWith('93')) return { texts: ['941'] };
      if (line.startsWith('99')) return { texts: [status] };
      return { texts: [`1804020120261124    081500AB${itemOf(line)}|AJx|`] };
    };
    const run = start(clock, () => plain, { errorDetection: false });
    await clock.settle();
    expect(await run.library.judge('TV-1')).toEqual({ kind: 'pass' });
    expect(run.lines.some(({ text }) => text.includes('AZ'))).toBe(false);
    await run.library[Symbol.asyncDispose]();
    expect([run.open(), clock.pending]).toEqual([0, 0]);
  });
});
