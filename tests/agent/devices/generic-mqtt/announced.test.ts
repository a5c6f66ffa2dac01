import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcementTopics, readAnnounced } from '../../../../agent/devices/generic-mqtt/announced.ts';
import { genericMqtt } from '../../../../agent/devices/generic-mqtt/index.ts';
import { matchesTopic } from '../../../../agent/platform/mqtt/topic-filter.ts';
import { proposalRecordSchema } from '../../../../protocols/fleet/record.ts';
import { createHomeAssistant } from '../../../simulators/generic-mqtt/home-assistant.ts';

const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const said = (topic: string, payload: unknown, host = '10.0.0.9') => ({
  kind: 'announcement' as const,
  host,
  username: 'new',
  topic,
  payload: bytes(payload),
});

/** Captures of others, as their file names their source. */
function captured(
  wire: string,
  file: string,
): readonly { readonly name: string; readonly topic?: string; readonly text: string }[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../../vectors', wire, file), 'utf8'));
}

const plug = {
  ieee_address: '0x00158d0001abcdef',
  friendly_name: 'phong-7/o-cam',
  definition: { vendor: 'TuYa', model: 'TS011F' },
};

describe('devices that announce themselves at the broker', () => {
  it('proposes Tasmota by its own discovery message, with the settings that reach it', () => {
    const [first] = captured('tasmota', 'discovery.json');
    expect(readAnnounced([said('tasmota/discovery/142B2F9FAF38/config', first?.text)])).toEqual([
      {
        key: '14:2b:2f:9f:af:38',
        family: 'generic-mqtt',
        address: { host: '10.0.0.9' },
        name: 'AtomLite2',
        vendor: 'Tasmota',
        model: 'M5Stack Atom Lite',
        macs: ['14:2b:2f:9f:af:38'],
        needsCredentials: true,
        confidence: 'certain',
        settings: { dialect: 'tasmota', topic: 'atomlite2' },
        evidence: [
          'Tasmota says at tasmota/discovery/142B2F9FAF38/config that it is atomlite2',
          'signed in at this agent as new',
        ],
      },
    ]);
  });

  it('proposes each device that a Zigbee bridge has joined, and neither the coordinator nor what it repeats for others', () => {
    const coordinator = { ieee_address: '0x00124b0001abcdef', friendly_name: 'Coordinator', type: 'Coordinator' };
    const door = {
      ieee_address: '0x00158d0002abcdef',
      friendly_name: 'cua',
      definition: { description: 'Door sensor' },
    };
    const repeated = { name: 'cua', state_topic: 'zigbee2mqtt/cua', dev: { ids: ['zigbee2mqtt_0x00158d0002abcdef'] } };
    const found = readAnnounced([
      said('zigbee2mqtt/bridge/devices', [coordinator, plug, door]),
      said('upstairs/bridge/devices', [plug], '10.0.0.10'),
      said('homeassistant/binary_sensor/0x00158d0002abcdef/contact/config', repeated),
    ]);
    expect(found.map(({ address, settings }) => [address.host, settings])).toEqual([
      ['10.0.0.9', { dialect: 'zigbee2mqtt', topic: 'phong-7/o-cam' }],
      ['10.0.0.9', { dialect: 'zigbee2mqtt', topic: 'cua' }],
      ['10.0.0.10', { dialect: 'zigbee2mqtt', topic: 'phong-7/o-cam', baseTopic: 'upstairs' }],
    ]);
    expect(found[1]).toMatchObject({ serial: '0x00158d0002abcdef', evidence: ['Door sensor', expect.any(String)] });
  });

  it('makes one device of the entities that Home Assistant tells apart', () => {
    const found = readAnnounced(
      createHomeAssistant('esp-door')
        .greet()
        .map(({ topic, payload }) => said(topic, String(payload))),
    );
    expect(found).toMatchObject([
      {
        key: '48:55:19:17:00:ae',
        name: 'Door of the server room',
        vendor: 'espressif',
        settings: { dialect: 'home-assistant', topic: 'esp-door' },
      },
    ]);
  });

  it('proposes nothing that could not be granted a topic of its own', () => {
    expect(
      readAnnounced([
        said('homeassistant/switch/a/config', { command_topic: 'one/set', state_topic: 'other/state' }),
        said('tasmota/discovery/AA/config', { t: '#', ft: '%prefix%/%topic%/' }),
        said('tasmota/discovery/AB/config', { t: 'plug', ft: 'no-prefix/' }),
        said('zigbee2mqtt/bridge/devices', [{ ...plug, friendly_name: '+/#' }]),
        said('zigbee2mqtt/bridge/devices', ''),
      ]),
    ).toEqual([]);
  });

  it('reads what others have captured', () => {
    const messages = captured('home-assistant', 'discovery.json').map(({ topic = '', text }) => said(topic, text));
    for (const proposal of readAnnounced(messages)) genericMqtt.settings.parse(proposal.settings);
    expect(messages.length).toBeGreaterThan(5);
  });

  it('survives whatever is said, and proposes only what the contract knows', () => {
    const topic = fc.oneof(
      fc.constantFrom('tasmota/discovery/A/config', 'zigbee2mqtt/bridge/devices', 'homeassistant/switch/a/b/config'),
      fc.string({ maxLength: 60 }).map((level) => `${level}/bridge/devices`),
      fc.string({ maxLength: 60 }).map((level) => `homeassistant/device/${level}/config`),
    );
    const odd = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant({ toString: 1 }));
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(bytes),
      fc.record({ t: odd, ft: odd, dn: odd, mac: odd, rl: odd }).map(bytes),
      fc.array(fc.record({ ieee_address: fc.constant('0x00158d0001abcdef'), friendly_name: odd })).map(bytes),
      fc.record({ state_topic: odd, command_topic: odd, dev: fc.record({ ids: odd, name: odd, cns: odd }) }).map(bytes),
    );
    const stamp = { kind: 'proposal', at: 1, mono: 1 };
    fc.assert(
      fc.property(fc.array(fc.tuple(topic, payload), { maxLength: 6 }), (messages) => {
        const heard = messages.map(([name, one]) => ({ ...said(name, ''), payload: one }));
        for (const proposal of readAnnounced(heard)) {
          proposalRecordSchema.omit({ seq: true }).parse({ ...stamp, ...proposal });
          genericMqtt.settings.parse(proposal.settings);
        }
      }),
      { numRuns: 500 },
    );
    expect(announcementTopics.some((filter) => matchesTopic(filter, 'zigbee2mqtt/bridge/devices'))).toBe(true);
  });

  it('proposes no more than a school can have', () => {
    const many = Array.from({ length: 500 }, (_, at) => ({
      ieee_address: `0x${at.toString(16).padStart(16, '0')}`,
      friendly_name: `d${at}`,
    }));
    const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    expect(readAnnounced(hosts.map((host) => said('zigbee2mqtt/bridge/devices', many, host)))).toHaveLength(300);
  });
});
