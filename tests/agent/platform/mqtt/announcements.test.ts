import { describe, expect, it } from 'vitest';
import { Announcements } from '../../../../agent/platform/mqtt/announcements.ts';

const bytes = (size: number, fill = 1) => new Uint8Array(size).fill(fill);
const say = (host: string, topic: string, payload = bytes(1)) => ({ host, username: 'new', topic, payload });

describe('what clients announce', () => {
  it('keeps the last word on each topic where devices announce themselves, and no other', () => {
    const heard = new Announcements(['tasmota/discovery/+/config', '+/bridge/devices']);
    expect(heard.hear(say('a', 'tele/plug/STATE'))).toBe(false);
    expect(heard.hear(say('a', 'tasmota/discovery/AA/config'))).toBe(true);
    expect(heard.hear(say('a', 'tasmota/discovery/AA/config', bytes(2, 2)))).toBe(true);
    expect(heard.all()).toEqual([say('a', 'tasmota/discovery/AA/config', bytes(2, 2))]);
    const { revision } = heard;
    heard.hear(say('a', 'tasmota/discovery/AA/config', bytes(2, 2)));
    expect(heard.revision).toBe(revision);
    heard.hear(say('a', 'tasmota/discovery/AA/config', bytes(0)));
    expect(heard.all()).toEqual([]);
    expect(heard.revision).toBeGreaterThan(revision);
  });

  it('lets a flood displace itself, and nobody else', () => {
    const heard = new Announcements(['+/bridge/devices']);
    heard.hear(say('quiet', 'zigbee2mqtt/bridge/devices'));
    for (let at = 0; at < 2_000; at++) heard.hear(say('loud', `d${at}/bridge/devices`));
    expect(heard.all()).toHaveLength(301);
    for (let at = 0; at < 40; at++) heard.hear(say('large', `d${at}/bridge/devices`, bytes(100_000)));
    const large = heard.all().filter(({ host }) => host === 'large');
    expect(large.reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThanOrEqual(1024 * 1024);
    heard.hear(say('large', 'd39/bridge/devices', bytes(2 * 1024 * 1024)));
    expect(heard.all().some(({ host }) => host === 'quiet')).toBe(true);
    for (let at = 0; at < 40; at++)
      for (let part = 0; part < 10; part++) heard.hear(say(`host ${at}`, `d${part}/bridge/devices`, bytes(90_000)));
    const total = heard.all().reduce((sum, { payload }) => sum + payload.length, 0);
    expect(total).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(heard.all().length).toBeLessThanOrEqual(1_000);
  });
});
