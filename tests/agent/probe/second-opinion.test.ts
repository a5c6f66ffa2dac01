import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  askSecondOpinion,
  compare,
  limitOf,
  type Opinion,
  type Verdict,
} from '../../../agent/probe/second-opinion/opinion.ts';
import { createFastClock } from '../../support/clock.ts';

const yes: Opinion = { ok: true, vendor: 'A' };
const no: Opinion = { ok: false, message: '401 Unauthorized' };
const never: Opinion = { ok: 'not-asked', limit: 'https' };
const camera = { isSecure: false, username: 'admin', password: 'Lop hoc 7' };

describe('the second opinion on a camera', () => {
  it.each<readonly [boolean, Opinion, Verdict]>([
    [true, yes, 'both'],
    [false, yes, 'only-second'],
    [true, no, 'only-ours'],
    [false, no, 'nobody'],
    [true, never, 'only-ours'],
    [false, never, 'not-compared'],
  ])('we %j, it %j: %s', (isAnswered, opinion, verdict) => {
    expect(compare(isAnswered, opinion)).toBe(verdict);
  });

  it.each([
    [camera, undefined],
    [{ ...camera, isSecure: true }, 'https'],
    [{ ...camera, password: 'a<b' }, 'characters'],
    [{ ...camera, password: 'lớp' }, 'characters'],
    [{ ...camera, username: 'a&b' }, 'username'],
  ] as const)('is not asked about %j: %s', (question, limit) => {
    expect(limitOf(question)).toBe(limit);
  });

  it('is given up when the camera keeps it waiting, and when the person does', async () => {
    const taken: Socket[] = [];
    const silent = createServer((socket) => void taken.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const question = { ...camera, host: '127.0.0.1', port };
    // Its own patience would be 6 s; the deadline of 10 s is over after one.
    const opinion = await askSecondOpinion(question, createFastClock(10), new AbortController().signal);
    expect(opinion).toEqual({ ok: false, message: expect.stringContaining('did not end within 10 s') });
    const leaving = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(askSecondOpinion(question, createFastClock(10), leaving)).rejects.toThrow('Ctrl-C');
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('tells why nobody answers it', async () => {
    const question = { ...camera, host: '127.0.0.1', port: 1 };
    const opinion = await askSecondOpinion(question, createFastClock(1), new AbortController().signal);
    expect(opinion).toEqual({ ok: false, message: expect.stringContaining('ECONNREFUSED') });
  });
});
