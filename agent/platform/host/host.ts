import { readdir, readFile, statfs } from 'node:fs/promises';
import {
  arch,
  availableParallelism,
  cpus,
  freemem,
  hostname,
  loadavg,
  networkInterfaces,
  platform,
  release,
  totalmem,
  uptime,
} from 'node:os';
import { join } from 'node:path';
import { toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import type { HostFacts, HostLoad, HostPort } from '../../devices/driver.ts';
import {
  type CpuTimes,
  cpuPercent,
  parseCpuTimes,
  parseLoad1,
  parseMemoryPercent,
  parseMilliCelsius,
  parseMounts,
  parseTraffic,
  type Traffic,
} from './proc.ts';
import { createTpmReader } from './tpm.ts';

export interface HostOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Where /proc and /sys lie; the root unless given. */
  readonly root?: string;
  /** How the TPM is reached where it is not the kernel's: `TPM2TOOLS_TCTI` of tpm2-tools. */
  readonly tcti?: string | undefined;
}

interface Reading {
  readonly atMs: number;
  readonly cpu: CpuTimes | undefined;
  readonly traffic: ReadonlyMap<string, Traffic>;
}

/** The first call has nothing to compare with and measures over this. */
const firstSpanMs = 250;
const maxVolumes = 64;

/**
 * The machine that the agent runs on. Facts come from `systeminformation`, which starts programs and costs tens of
 * milliseconds a call, so they are asked rarely; counters come straight from /proc and cost a fraction of one.
 */
export function createHostPort(options: HostOptions): HostPort {
  let last: Reading | undefined;
  const readTpm = createTpmReader(options);
  return {
    facts: async (signal) => {
      signal.throwIfAborted();
      const facts = await untilAborted(readFacts(options), signal);
      const tpmKey = await readTpm(signal);
      return tpmKey === undefined ? facts : { ...facts, tpmKey };
    },
    load: async (signal) => {
      signal.throwIfAborted();
      if (!last) {
        last = await readCounters(options);
        await options.clock.wait(firstSpanMs, signal);
      }
      const before = last;
      last = await readCounters(options);
      return await untilAborted(readLoad(options, before, last), signal);
    },
  };
}

async function readFacts({ clock, log }: HostOptions): Promise<HostFacts> {
  // Loaded on first use: it is a megabyte of code that most starts of the agent need only later.
  const { default: inventory } = await import('systeminformation');
  const ask = async <T>(what: string, question: Promise<T>): Promise<Partial<T>> => {
    try {
      return await question;
    } catch (thrown) {
      log.warn('a fact of this machine cannot be read', { what, error: toError(thrown) });
      return {};
    }
  };
  // One after another: together they would take all cores of a small machine.
  const system = await ask('system', inventory.system());
  const bios = await ask('bios', inventory.bios());
  const os = await ask('os', inventory.osInfo());
  const cpu = await ask('cpu', inventory.cpu());
  const disks = await ask('disks', inventory.diskLayout());
  return {
    vendor: system.manufacturer ?? '',
    model: system.model ?? '',
    serial: system.serial ?? '',
    hostname: hostname(),
    os: [os.distro, os.release].filter(Boolean).join(' '),
    kernel: release(),
    arch: arch(),
    cpu: [cpu.manufacturer, cpu.brand].filter(Boolean).join(' '),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    bootedAt: Math.round(clock.now() - uptime() * 1_000),
    firmware: [bios.vendor, bios.version].filter(Boolean).join(' '),
    interfaces: readInterfaces(),
    disks: Object.values(disks).flatMap((disk) =>
      typeof disk === 'object' && 'device' in disk
        ? [{ name: disk.device, model: disk.name, serial: disk.serialNum, sizeBytes: disk.size }]
        : [],
    ),
  };
}

function readInterfaces(): HostFacts['interfaces'] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const outer = addresses.filter(({ internal }) => !internal);
    const mac = outer[0]?.mac;
    return mac === undefined ? [] : [{ name, mac, addresses: outer.map(({ address }) => address) }];
  });
}

async function readCounters({ clock, root = '/' }: HostOptions): Promise<Reading> {
  const stat = await readText(join(root, 'proc/stat'));
  const traffic = await readText(join(root, 'proc/net/dev'));
  return { atMs: clock.mono(), cpu: parseCpuTimes(stat) ?? ownCpuTimes(), traffic: parseTraffic(traffic) };
}

async function readLoad({ root = '/' }: HostOptions, before: Reading, now: Reading): Promise<HostLoad> {
  const meminfo = await readText(join(root, 'proc/meminfo'));
  const load = await readText(join(root, 'proc/loadavg'));
  return {
    cpuPercent: before.cpu && now.cpu ? cpuPercent(before.cpu, now.cpu) : 0,
    memoryPercent: parseMemoryPercent(meminfo) ?? (1 - freemem() / totalmem()) * 100,
    load1: parseLoad1(load) ?? loadavg()[0] ?? 0,
    uptimeSeconds: Math.round(uptime()),
    temperatureCelsius: await readTemperature(root),
    volumes: await readVolumes(root),
    network: rates(before, now),
  };
}

/** The same counters where there is no /proc. */
function ownCpuTimes(): CpuTimes | undefined {
  const times = cpus().map((cpu) => cpu.times);
  if (times.length === 0) return undefined;
  const total = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { busy: total - times.reduce((sum, { idle }) => sum + idle, 0), total };
}

function rates(before: Reading, now: Reading): HostLoad['network'] {
  const seconds = (now.atMs - before.atMs) / 1_000;
  if (seconds <= 0) return [];
  return [...now.traffic].flatMap(([name, { in: received, out: sent }]) => {
    const earlier = before.traffic.get(name);
    // A counter that went back belongs to an interface that was made anew.
    if (!earlier || name === 'lo' || received < earlier.in || sent < earlier.out) return [];
    return [{ name, inPerSecond: (received - earlier.in) / seconds, outPerSecond: (sent - earlier.out) / seconds }];
  });
}

async function readVolumes(root: string): Promise<HostLoad['volumes']> {
  const mounts = parseMounts(await readText(join(root, 'proc/mounts'))).slice(0, maxVolumes);
  const places = platform() === 'win32' ? [{ device: 'C:', path: 'C:\\', type: 'ntfs' }] : mounts;
  const volumes: HostLoad['volumes'][number][] = [];
  for (const { path, type } of places) {
    // A disk may go between the list and the question; it is then no volume any more.
    const space = await statfs(path).catch(() => undefined);
    if (!space || space.blocks === 0) continue;
    const { blocks, bfree, bsize } = space;
    volumes.push({ name: path, type, sizeBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize });
  }
  return volumes;
}

/** The hottest sensor of the processor or the board; undefined where the machine has none. */
async function readTemperature(root: string): Promise<number | undefined> {
  const folders = [
    { folder: join(root, 'sys/class/thermal'), entry: /^thermal_zone\d+$/, file: 'temp' },
    { folder: join(root, 'sys/class/hwmon'), entry: /^hwmon\d+$/, file: 'temp1_input' },
  ];
  const values: number[] = [];
  for (const { folder, entry, file } of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((candidate) => entry.test(candidate)).slice(0, 16)) {
      const celsius = parseMilliCelsius(await readText(join(folder, name, file)));
      if (celsius !== undefined) values.push(celsius);
    }
  }
  return values.length > 0 ? Math.max(...values) : undefined;
}

/** The text of a file, or nothing where there is none: other systems have no /proc, and machines no such sensor. */
async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
