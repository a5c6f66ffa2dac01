import { describe, expect, it } from 'vitest';
import { readAgentConfig } from '../../agent/config.ts';
import { createAddressFilter } from '../../agent/platform/network-policy.ts';
import { describeSettings } from '../../provisioning/platform/settings.ts';

const read = (file: unknown, environment: Record<string, string> = {}, flags: Record<string, unknown> = {}) =>
  readAgentConfig({ file, environment, flags, readFile: () => 'from-file' });

describe('the configuration of the agent', () => {
  it('has safe defaults: private networks, no loopback, 256 MiB', () => {
    const { values } = read({});
    const filter = createAddressFilter(values.network);
    expect(filter.allows('192.168.1.7', '192.168.1.7', 80)).toBe(true);
    expect(filter.allows('127.0.0.1', '127.0.0.1', 80)).toBe(false);
    expect(values.outbox.maxMebibytes).toBe(256);
    expect(Object.isFrozen(values.network.allow)).toBe(true);
  });

  it('lets the environment win over the file, and flags over both', () => {
    const { values } = read(
      { log: { level: 'warn' }, outbox: { maxMebibytes: 10 }, dataDir: 'a' },
      { EDUFLEET_OUTBOX__MAX_MEBIBYTES: '20', EDUFLEET_DATA_DIR: 'b', PATH: '/bin' },
      { dataDir: 'c' },
    );
    expect([values.log.level, values.outbox.maxMebibytes, values.dataDir]).toEqual(['warn', 20, 'c']);
  });

  it('names what it does not know', () => {
    expect(() => read({ network: { alow: [] } })).toThrow(/network\.alow.*did you mean network\.allow/);
    expect(() => read({}, { EDUFLEET_NETWORK__ALOW: '[]' })).toThrow(/EDUFLEET_NETWORK__ALOW.*EDUFLEET_NETWORK__ALLOW/);
    expect(() => read({ outbox: { maxMebibytes: 0 } })).toThrow(/outbox\.maxMebibytes \(from the file\)/);
  });

  it('shows each value with its origin', () => {
    const lines = describeSettings(read({ network: { allow: ['127.0.0.0/8'] } }, { EDUFLEET_LOG__LEVEL: 'debug' }));
    expect(lines).toContain('network.allow = ["127.0.0.0/8"]  (file)');
    expect(lines).toContain('log.level = "debug"  (environment)');
    expect(lines).toContain('discovery.enabled = true  (default)');
  });
});
