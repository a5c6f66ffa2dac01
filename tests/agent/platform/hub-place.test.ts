import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../agent/platform/create-network.ts';
import { createHubPlace } from '../../../agent/platform/hub-place.ts';
import { createAddressFilter, type NetworkPolicy, privateNetworks } from '../../../agent/platform/network-policy.ts';
import { explainPolicy } from '../../../agent/probe/policy.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';

const school: NetworkPolicy = { allow: privateNetworks, deny: [], ports: [], broadcast: true };

function setUp(hosts: readonly string[], names: Record<string, readonly string[]> = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    const ips = names[host];
    if (!ips) throw new Error(`no such name ${host}`);
    return ips;
  };
  const place = createHubPlace({ hosts: () => hosts, clock, resolve });
  const filterFor = (allow: readonly string[], deny: readonly string[] = []) =>
    createAddressFilter({ ...school, allow, deny, hub: place });
  return { clock, asked, names, resolve, place, filterFor };
}

describe('the hub as a device', () => {
  it('is refused at its address although a block has it, and allowed by its very address', async () => {
    const { filterFor } = setUp(['10.0.0.5', 'fd00::5']);
    const filter = filterFor(privateNetworks);
    for (const ip of ['10.0.0.5', '::ffff:10.0.0.5', 'fd00::5', 'fd00:0::0005']) {
      expect(filter.allows(ip, ip, 5_432), ip).toBe(false);
      expect(filter.believes(ip), ip).toBe(false);
    }
    expect(filter.allowsDatagram('10.0.0.5', 161)).toBe(false);
    expect(filter.allows('10.0.0.6', '10.0.0.6', 80)).toBe(true);
    expect(filterFor([...privateNetworks, '10.0.0.5']).allows('10.0.0.5', '10.0.0.5', 80)).toBe(true);
    expect(filterFor([...privateNetworks, '10.0.0.5/32']).allows('10.0.0.5', '10.0.0.5', 80)).toBe(false);
    expect(filterFor(['10.0.0.5'], ['10.0.0.5']).allows('10.0.0.5', '10.0.0.5', 80)).toBe(false);
  });

  it('is found where its name leads, also when that changes', async () => {
    const { filterFor, place, names, clock } = setUp(['Hub.School.Test'], { 'hub.school.test': ['10.0.0.5'] });
    const filter = filterFor([...privateNetworks, 'board.test']);
    await filter.settle();
    expect(filter.allows('10.0.0.5', '10.0.0.5', 80)).toBe(false);
    // A name of the policy that is made to lead to the hub does not open it.
    expect(filter.allows('board.test', '10.0.0.5', 80)).toBe(false);
    names['hub.school.test'] = ['10.0.0.7'];
    await clock.advance(60_000);
    await place.settle();
    expect(filter.allows('10.0.0.5', '10.0.0.5', 80)).toBe(true);
    expect(filter.allows('10.0.0.7', '10.0.0.7', 80)).toBe(false);
    delete names['hub.school.test'];
    await clock.advance(60_000);
    await place.settle();
    expect(filter.allows('10.0.0.7', '10.0.0.7', 80), 'the last answer holds').toBe(false);
  });

  it('is allowed by its very name', async () => {
    const { filterFor } = setUp(['hub.test'], { 'hub.test': ['10.0.0.5'] });
    const filter = filterFor(['hub.test']);
    await filter.settle();
    expect(filter.allows('hub.test', '10.0.0.5', 443)).toBe(true);
    expect(filter.allows('10.0.0.5', '10.0.0.5', 443)).toBe(false);
  });

  it('is looked up once a minute, together, and makes nobody wait for a resolver that is silent', async () => {
    const { asked, place, clock } = setUp(['hub.test'], { 'hub.test': ['10.0.0.5'] });
    await Promise.all([place.settle(), place.settle()]);
    await place.settle();
    expect(asked).toEqual(['hub.test']);
    const silent = createHubPlace({ hosts: () => ['hub.test'], clock, resolve: () => new Promise(() => {}) });
    const settled = silent.settle();
    await clock.advance(2_000);
    await settled;
    expect(silent.isAt('10.0.0.5')).toBe(false);
    await silent.settle();
    expect(clock.pending).toBe(0);
  });

  it('is refused by the network that drivers get, and the probe says why', async () => {
    const { place, clock, resolve } = setUp(['hub.test'], { 'hub.test': ['10.0.0.5'], 'board.test': ['10.0.0.5'] });
    const policy = { ...school, allow: [...privateNetworks, 'board.test'], hub: place };
    const { tcp, udp } = createNetwork({ policy, clock, log: silentLog, resolve });
    for (const host of ['board.test', 'hub.test', '10.0.0.5']) {
      const connecting = tcp.connect({ host, port: 5_432 }, { timeoutMs: 1_000 });
      await expect(connecting, host).rejects.toMatchObject({ code: 'address-not-allowed' });
    }
    await using socket = await udp.open({});
    await expect(socket.send(new Uint8Array(1), { host: '10.0.0.5', port: 161 })).rejects.toMatchObject({
      code: 'address-not-allowed',
    });
    expect(explainPolicy(policy, { host: '10.0.0.5', port: 80 }, ['10.0.0.5'])).toEqual({
      allowed: false,
      reason: 'hub',
    });
    expect(clock.pending).toBe(0);
  });

  it('is never allowed by a policy of blocks alone', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.array(fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))), (ip, blocks) => {
        const { filterFor } = setUp([ip]);
        const filter = filterFor(blocks.map(([block, prefix]) => `${block}/${prefix}`));
        expect(filter.allows(ip, ip, 80)).toBe(false);
        expect(filter.believes(ip)).toBe(false);
      }),
    );
  });
});
