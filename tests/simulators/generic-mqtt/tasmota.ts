import type { Message, Model } from './model.ts';

export interface TasmotaOptions {
  readonly topic: string;
  /** Seconds since it booted. */
  readonly uptime: () => number;
  readonly restart: () => void;
}

/** A plug with a meter as Tasmota 13 runs it: tasmota.github.io/docs/MQTT and Commands. */
export function createTasmota({ topic, uptime, restart }: TasmotaOptions): Model & { deaf: boolean } {
  const tele = (leaf: string, value: unknown, retain = false): Message => ({
    topic: `tele/${topic}/${leaf}`,
    payload: typeof value === 'string' ? value : JSON.stringify(value),
    retain,
  });
  const stat = (leaf: string, value: unknown): Message => ({ ...tele(leaf, value), topic: `stat/${topic}/${leaf}` });
  const state = () => ({
    Time: '2026-03-02T07:00:00',
    Uptime: '0T00:10:11',
    UptimeSec: Math.floor(uptime()),
    Heap: 24,
    POWER: model.power.toUpperCase(),
    Wifi: { AP: 1, SSId: 'school', RSSI: 44, Signal: -78 },
  });
  const sensor = () => ({
    Time: '2026-03-02T07:00:00',
    ENERGY: {
      TotalStartTime: '2026-01-05T00:00:00',
      Total: 14.687,
      Yesterday: 0.1,
      Today: 0.2,
      Power: model.power === 'on' ? 32 : 0,
      Factor: 0.89,
      Voltage: 231,
      Current: model.power === 'on' ? 0.148 : 0,
    },
  });
  const said = () => [stat('RESULT', { POWER: model.power.toUpperCase() }), stat('POWER', model.power.toUpperCase())];
  const statuses = () => [
    stat('STATUS', { Status: { Module: 0, DeviceName: 'Fan of room 7', Topic: topic, Power: 1 } }),
    stat('STATUS1', { StatusPRM: { GroupTopic: 'tasmotas', Uptime: '0T00:10:11' } }),
    stat('STATUS2', { StatusFWR: { Version: '13.1.0(tasmota)', Core: '2_7_4_9', Hardware: 'ESP8266EX' } }),
    stat('STATUS5', { StatusNET: { Hostname: topic, IPAddress: '127.0.0.1', Mac: '48:55:19:17:E7:AE' } }),
    stat('STATUS10', { StatusSNS: sensor() }),
    stat('STATUS11', { StatusSTS: state() }),
  ];

  const model: Model & { deaf: boolean } = {
    power: 'on',
    /** Acknowledges and does nothing, as a relay that sticks. */
    deaf: false,
    will: tele('LWT', 'Offline', true),
    subscribe: [`cmnd/${topic}/#`, 'cmnd/tasmotas/#'],
    greet: () => [
      tele('LWT', 'Online', true),
      {
        topic: 'tasmota/discovery/48551917E7AE/config',
        payload: JSON.stringify({
          ip: '127.0.0.1',
          dn: 'Fan of room 7',
          fn: ['Fan', null],
          hn: topic,
          mac: '48551917E7AE',
          md: 'Nous A1T',
          ofln: 'Offline',
          onln: 'Online',
          sw: '13.1.0',
          t: topic,
          ft: '%prefix%/%topic%/',
          tp: ['cmnd', 'stat', 'tele'],
          rl: [1, 0, 0, 0],
        }),
        retain: true,
      },
      tele('INFO1', { Info1: { Module: 'Nous A1T', Version: '13.1.0(tasmota)', GroupTopic: 'cmnd/tasmotas/' } }),
    ],
    obey: (from, payload) => {
      const command = from.split('/').at(-1)?.toUpperCase() ?? '';
      if (/^POWER1?$/.test(command)) {
        if (/^(on|off)$/i.test(payload) && !model.deaf) model.power = payload.toLowerCase() === 'on' ? 'on' : 'off';
        return said();
      }
      if (command === 'STATE') return [stat('RESULT', state())];
      if (command === 'STATUS' && payload === '8') return [stat('STATUS8', { StatusSNS: sensor() })];
      if (command === 'STATUS' && payload === '0') return statuses();
      if (command === 'RESTART' && payload === '1') {
        restart();
        return [];
      }
      return [stat('RESULT', { Command: 'Unknown' })];
    },
    press: () => {
      model.power = model.power === 'on' ? 'off' : 'on';
      return said();
    },
    speak: () => [tele('STATE', state()), tele('SENSOR', sensor())],
  };
  return model;
}
