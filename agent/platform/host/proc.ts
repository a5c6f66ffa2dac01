/** Reads the text of Linux's /proc and /sys counters; pure, and forgiving: a line that is not understood is left out. */

/** Jiffies since boot, over all processors. */
export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** Bytes since boot. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

export interface Mount {
  readonly device: string;
  readonly path: string;
  readonly type: string;
}

/** File systems on local disks; network ones may hang, virtual ones hold nothing. */
const diskTypes = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'zfs',
  'vfat',
  'exfat',
  'ntfs',
  'ntfs3',
  'fuseblk',
]);

/** The first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal; guest is part of user. */
export function parseCpuTimes(stat: string): CpuTimes | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(stat)?.[1];
  const times = line?.split(' ').slice(0, 8).map(Number);
  if (!times || times.length < 4) return undefined;
  const total = times.reduce((sum, value) => sum + value, 0);
  const idle = (times[3] ?? 0) + (times[4] ?? 0);
  return { busy: total - idle, total };
}

/** Share of busy time between two readings, 0 to 100; 0 when no time has passed. */
export function cpuPercent(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total;
  if (total <= 0) return 0;
  return Math.min(100, Math.max(0, ((after.busy - before.busy) / total) * 100));
}

/** Memory in use as /proc/meminfo has it: all but what can be given to a new program without swapping; 0 to 100. */
export function parseMemoryPercent(meminfo: string): number | undefined {
  const total = Number(/^MemTotal: +(\d+) kB$/m.exec(meminfo)?.[1]);
  const available = Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1]);
  return total > 0 && available >= 0 ? Math.min(100, Math.max(0, (1 - available / total) * 100)) : undefined;
}

/** The one-minute load of /proc/loadavg. */
export function parseLoad1(loadavg: string): number | undefined {
  const load = Number.parseFloat(loadavg);
  return Number.isFinite(load) ? load : undefined;
}

/** Counters of /proc/net/dev by interface. */
export function parseTraffic(netDev: string): ReadonlyMap<string, Traffic> {
  const rows = [...netDev.matchAll(/^ *([^\s:]+): *(\d+)(?: +\d+){7} +(\d+)/gm)];
  return new Map(rows.map(([, name = '', received, sent]) => [name, { in: Number(received), out: Number(sent) }]));
}

/** Local disks of /proc/mounts, each device once, by its first mount. */
export function parseMounts(mounts: string): readonly Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of mounts.split('\n')) {
    const [device = '', path = '', type = ''] = line.split(' ').map(unescapeMount);
    if (!diskTypes.has(type) || byDevice.has(device) || isBoundFile(path)) continue;
    byDevice.set(device, { device, path, type });
  }
  return [...byDevice.values()];
}

/** Containers bind single files such as /etc/hosts; they are no volume of their own. */
function isBoundFile(path: string): boolean {
  return path.startsWith('/etc/');
}

/** Spaces and the like stand as octal escapes (fstab(5)). */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Thousandths of a degree as /sys has them; undefined when it is no plausible temperature of a running machine. */
export function parseMilliCelsius(text: string): number | undefined {
  const celsius = Number.parseInt(text, 10) / 1_000;
  return celsius > 0 && celsius < 130 ? celsius : undefined;
}
