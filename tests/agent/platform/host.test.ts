import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHostPort } from '../../../agent/platform/host/host.ts';
import {
  cpuPercent,
  parseCpuTimes,
  parseLoad1,
  parseMemoryPercent,
  parseMilliCelsius,
  parseMounts,
  parseTraffic,
} from '../../../agent/platform/host/proc.ts';
import { silentLog } from '../../../protocols/ports.ts';
import { createFakeClock } from '../../support/clock.ts';

// The texts are those of a Debian 12 machine (proc(5)), shortened.
const stat = (busy: number, idle: number) => `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 1 2 3 4\nbtime 1700000000\n`;
const netDev = (received: number, sent: number) =>
  `Inter-|   Receive    |  Transmit\n face |bytes packets|bytes\n    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\nenp1s0:${received} 10 0 0 0 0 0 0 ${sent} 5 0 0 0 0 0 0\n`;
const mounts =
  'proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /etc/hosts ext4 rw 0 0\n//server/x /mnt/x cifs rw 0 0\n/dev/sdb1 /mnt/USB\\040disk vfat rw 0 0\n';

describe('/proc texts', () => {
  it('are read as proc(5) says', () => {
    expect(parseCpuTimes('cpu  29434 6 11295 446071 1252 0 196 20 0 0\n')).toEqual({ busy: 40_951, total: 488_274 });
    expect(parseMemoryPercent('MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n')).toBe(75);
    expect(parseLoad1('0.51 0.40 0.30 1/200 12345\n')).toBe(0.51);
    expect(parseTraffic(netDev(1, 2)).get('enp1s0')).toEqual({ in: 1, out: 2 });
    expect(parseMounts(mounts)).toEqual([
      { device: '/dev/sda1', path: '/', type: 'ext4' },
      { device: '/dev/sdb1', path: '/mnt/USB disk', type: 'vfat' },
    ]);
    expect([parseMilliCelsius('51500\n'), parseMilliCelsius('-40000'), parseMilliCelsius('')]).toEqual([
      51.5,
      undefined,
      undefined,
    ]);
  });

  it('give a share between 0 and 100 and never throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.nat(), fc.nat(), (text, busy, total) => {
        for (const parse of [parseCpuTimes, parseMemoryPercent, parseLoad1, parseTraffic, parseMounts]) parse(text);
        const percent = cpuPercent({ busy: 10, total: 100 }, { busy, total });
        expect(percent >= 0 && percent <= 100).toBe(true);
      }),
    );
  });
});

describe('host port', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'host-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };

  it('measures between two calls', async () => {
    const clock = createFakeClock();
    const host = createHostPort({ clock, log: silentLog, root });
    const { signal } = new AbortController();
    await write('proc/stat', stat(100, 900));
    await write('proc/net/dev', netDev(1_000, 0));
    await write('proc/loadavg', '0.51 0 0\n');
    await write('proc/meminfo', 'MemTotal: 100 kB\nMemAvailable: 25 kB\n');
    await write('proc/mounts', `/dev/sda1 ${root} ext4 rw 0 0\n`);
    await write('sys/class/thermal/thermal_zone0/temp', '48000\n');
    await write('sys/class/hwmon/hwmon0/temp1_input', '51500\n');
    const first = host.load(signal);
    while (clock.pending === 0) await clock.settle();
    await clock.advance(250);
    await first;
    await write('proc/stat', stat(150, 950));
    await write('proc/net/dev', netDev(31_000, 3_000));
    await clock.advance(10_000);
    const load = await host.load(signal);
    expect(load).toMatchObject({ cpuPercent: 50, memoryPercent: 75, load1: 0.51, temperatureCelsius: 51.5 });
    expect(load.network).toEqual([{ name: 'enp1s0', inPerSecond: 3_000, outPerSecond: 300 }]);
    expect(load.volumes[0]?.sizeBytes).toBeGreaterThan(0);
  });

  it('works where there is no /proc', async () => {
    const clock = createFakeClock();
    const host = createHostPort({ clock, log: silentLog, root: join(root, 'absent') });
    const reading = host.load(new AbortController().signal);
    while (clock.pending === 0) await clock.settle();
    await clock.advance(250);
    const load = await reading;
    expect(load).toMatchObject({ temperatureCelsius: undefined, network: [] });
    expect(load.memoryPercent).toBeGreaterThan(0);
  });

  it('knows this very machine', async () => {
    const host = createHostPort({ clock: createFakeClock(), log: silentLog });
    const facts = await host.facts(new AbortController().signal);
    expect(facts.hostname).not.toBe('');
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(1e8);
    await expect(host.facts(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
