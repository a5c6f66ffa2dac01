import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressFilter, type NetworkPolicy, privateNetworks } from '../../../agent/platform/network-policy.ts';

const school: NetworkPolicy = { allow: privateNetworks, deny: [], ports: [], broadcast: true };

describe('the network policy of an agent', () => {
  it.each([
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.20', true],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['8.8.8.8', false],
    ['0.0.0.0', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['::ffff:192.168.1.20', true],
    ['fe80::1', false],
    ['fd00::1', true],
    ['fe80::1%eth0', false],
    ['not an address', false],
  ])('by default %s is allowed: %s', (ip, allowed) => {
    expect(createAddressFilter(school).allows(ip, ip, 80)).toBe(allowed);
  });

  it('lets deny win over allow', () => {
    const filter = createAddressFilter({ ...school, deny: ['10.0.0.5', '10.9.0.0/16'] });
    expect(filter.allows('10.0.0.5', '10.0.0.5', 80)).toBe(false);
    expect(filter.allows('10.9.1.1', '10.9.1.1', 80)).toBe(false);
    expect(filter.allows('10.0.0.6', '10.0.0.6', 80)).toBe(true);
  });

  it('allows a listed name wherever it leads, but not to this machine or to link-local', () => {
    const filter = createAddressFilter({ ...school, allow: ['Board.School.Test'], deny: ['203.0.113.9'] });
    expect(filter.allows('board.school.test', '203.0.113.7', 80)).toBe(true);
    expect(filter.allows('other.school.test', '203.0.113.7', 80)).toBe(false);
    expect(filter.allows('board.school.test', '203.0.113.9', 80)).toBe(false);
    for (const ip of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', '224.0.0.1', '0.0.0.0']) {
      expect(filter.allows('board.school.test', ip, 80), ip).toBe(false);
    }
  });

  it('limits ports to the listed ones', () => {
    const filter = createAddressFilter({ ...school, ports: ['80', '8000-8099'] });
    expect([79, 80, 81, 7999, 8000, 8099, 8100].map((port) => filter.allows('10.0.0.1', '10.0.0.1', port))).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('sends to everyone only where broadcast is allowed', () => {
    const silent = createAddressFilter({ ...school, broadcast: false });
    for (const ip of ['255.255.255.255', '239.255.255.250']) {
      expect(createAddressFilter(school).allowsDatagram(ip, 3702)).toBe(true);
      expect(silent.allowsDatagram(ip, 3702)).toBe(false);
      expect(createAddressFilter(school).allows(ip, ip, 3702)).toBe(false);
    }
    expect(silent.allowsDatagram('192.168.0.9', 3702)).toBe(true);
    expect(silent.allowsDatagram('8.8.8.8', 3702)).toBe(false);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.0/8/9', '10.0.0.0/x'])('names the bad entry %s', (entry) => {
    expect(() => createAddressFilter({ ...school, allow: [entry] })).toThrow(entry);
  });

  it.each(['0', '70000', '9-3', 'http', '80-'])('names the bad port %s', (entry) => {
    expect(() => createAddressFilter({ ...school, ports: [entry] })).toThrow(entry);
  });

  it('agrees with arithmetic on every IPv4 block', () => {
    const asNumber = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (block, ip, prefix) => {
        const size = 2 ** (32 - prefix);
        const inside = Math.floor(asNumber(block) / size) === Math.floor(asNumber(ip) / size);
        const filter = createAddressFilter({ ...school, allow: [`${block}/${prefix}`] });
        expect(filter.allows(ip, ip, 1)).toBe(inside);
        expect(filter.allows('x', `::ffff:${ip}`, 1)).toBe(inside);
      }),
    );
  });
});
