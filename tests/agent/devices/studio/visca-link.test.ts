import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTcpLink, type ViscaLink } from '../../../../agent/devices/studio/members/visca-link.ts';
import { silentLog } from '../../../../protocols/ports.ts';
import { drive, inquiries, recallPreset } from '../../../../protocols/visca/camera.ts';
import { type Connection, Endpoint } from '../../../simulators/endpoint.ts';
import { createFastClock } from '../../../support/clock.ts';
import { createTestNetwork } from '../../../support/driver-context.ts';

const clock = createFastClock(10);
const { signal } = new AbortController();

/** A camera that answers each message with what the test has written down for it. */
describe('a link to a camera', () => {
  let peer: Endpoint;
  let link: ViscaLink;
  let script: string[];
  let lost: unknown[];

  beforeEach(async () => {
    script = [];
    lost = [];
    const take = (connection: Connection) => {
      for (let end = connection.buffer.indexOf(0xff); end >= 0; end = connection.buffer.indexOf(0xff)) {
        connection.buffer = connection.buffer.subarray(end + 1);
        peer.say(connection, Buffer.from((script.shift() ?? '').replaceAll(' ', ''), 'hex'));
      }
    };
    peer = new Endpoint({ clock, remember: () => undefined, take });
    await peer.open();
    const network = createTestNetwork(clock);
    link = await openTcpLink(
      {
        ...network,
        address: peer.address,
        password: undefined,
        clock,
        log: silentLog,
        onChange: () => {},
        onLost: (reason) => lost.push(reason),
      },
      signal,
    );
  });
  afterEach(async () => {
    await link[Symbol.asyncDispose]();
    await peer[Symbol.asyncDispose]();
  });

  it('does not take the late end of one command for the answer to the next', async () => {
    script = ['90 41 ff', '90 51 ff 90 62 41 ff', '90 42 ff', '90 61 04 ff 90 52 ff 90 41 ff'];
    expect(await link.command(recallPreset(1), signal)).toEqual({ kind: 'accepted', socket: 1 });
    // The preset is reached just now, and then the stop is refused.
    expect(await link.command(drive(0, 0), signal)).toMatchObject({ kind: 'refused', refusal: 'not-executable' });
    expect(await link.command(drive(1, 0), signal)).toEqual({ kind: 'accepted', socket: 2 });
    expect(await link.command(drive(0, 0), signal)).toMatchObject({ kind: 'refused', refusal: 'cancelled' });
  });

  it('takes a command for done whose acceptance a camera leaves out', async () => {
    script = ['90 51 ff'];
    expect(await link.command(recallPreset(1), signal)).toEqual({ kind: 'completed', socket: 1 });
  });

  it('finds the answer to a question between notices and ends of commands', async () => {
    script = ['90 41 ff', '90 07 7d 01 04 00 ff 90 51 ff 90 50 02 ff'];
    await link.command(recallPreset(1), signal);
    expect(await link.ask(inquiries.power.request, signal)).toMatchObject({ kind: 'answer' });
  });

  it('asks one question after another, whoever asks', async () => {
    script = ['90 50 02 ff', '90 50 03 ff', '90 50 02 ff'];
    const answers = await Promise.all([1, 2, 3].map(() => link.ask(inquiries.power.request, signal)));
    const states = answers.map((answer) => (answer.kind === 'answer' ? answer.data[0] : undefined));
    expect(states).toEqual([2, 3, 2]);
  });

  it('is lost with a question that is given up, so that its late answer belongs to nobody', async () => {
    const stop = new AbortController();
    const asking = link.ask(inquiries.power.request, stop.signal);
    await clock.wait(100);
    stop.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
    expect(lost).toMatchObject([{ code: 'connection-lost' }]);
    await expect(link.ask(inquiries.power.request, signal)).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('says once that it is lost, and nothing when it is closed from here', async () => {
    peer.drop();
    await expect.poll(() => lost).toMatchObject([{ code: 'connection-lost' }]);
    await link[Symbol.asyncDispose]();
    expect(lost).toHaveLength(1);
  });
});
