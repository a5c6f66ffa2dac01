/** What a person can see or set at the headset, and what its shell says: the same behind either wire. */
export class Android {
  readonly properties: Record<string, string> = {
    'ro.build.version.incremental': '51154110129000520',
    'ro.hardware': 'eureka',
    'ro.product.manufacturer': 'Oculus',
    'ro.product.model': 'Quest 3',
    'ro.serialno': '2G0YC1ZF8B07WD',
  };
  deviceName = 'Kính 07';
  level = 83;
  status = 3;
  health = 2;
  temperatureTenths = 312;
  usedKilobytes = 20_311_488;
  /** Version codes by package. */
  readonly packages = new Map([
    ['vn.edu.quangngai.vatly', '12'],
    ['com.example.solarsystem', '340'],
  ]);
  readonly files = new Map<string, Buffer>();
  readonly running = new Set<string>();
  /** Commands that it acknowledges without doing anything. */
  readonly ignores = new Set<string>();
  /** Every line that its shell was given. */
  readonly lines: string[] = [];
  reboots = 0;
  /** Told when it goes down. */
  onReboot: () => void = () => {};

  /** What one line of shell prints. */
  shell(line: string): string {
    this.lines.push(line);
    const [word = '', ...rest] = line.split(' ');
    switch (word) {
      case 'getprop':
        return Object.entries(this.properties)
          .map(([name, value]) => `[${name}]: [${value}]\n`)
          .join('');
      case 'settings':
        return `${this.deviceName}\n`;
      case 'dumpsys':
        return this.#battery();
      case 'df':
        return `Filesystem     1K-blocks     Used Available Use% Mounted on\n/dev/block/dm-6 111530936 ${this.usedKilobytes}  91072840  19% /data\n`;
      case 'pm':
        return this.#packageService(rest);
      case 'monkey':
        if (!this.ignores.has('monkey') && this.packages.has(rest[1] ?? '')) this.running.add(rest[1] ?? '');
        return 'Events injected: 1\n';
      case 'pidof':
        return this.running.has(rest[0] ?? '') ? '4711\n' : '\n';
      case 'rm':
        this.files.delete(rest.at(-1) ?? '');
        return '';
      case 'echo':
        return `${rest.join(' ')}\n`;
      default:
        return `/system/bin/sh: ${word}: inaccessible or not found\n`;
    }
  }

  reboot(): void {
    this.reboots++;
    this.running.clear();
    if (!this.ignores.has('reboot')) this.onReboot();
  }

  #battery(): string {
    return [
      'Current Battery Service state:',
      '  AC powered: false',
      `  USB powered: ${this.status === 2}`,
      '  Wireless powered: false',
      '  Max charging current: 0',
      '  Charge counter: 2483000',
      `  status: ${this.status}`,
      `  health: ${this.health}`,
      '  present: true',
      `  level: ${this.level}`,
      '  scale: 100',
      '  voltage: 3964',
      `  temperature: ${this.temperatureTenths}`,
      '  technology: Li-ion',
      '',
    ].join('\n');
  }

  #packageService([verb, ...args]: readonly string[]): string {
    if (verb === 'list') return [...this.packages].map(([id, code]) => `package:${id} versionCode:${code}\n`).join('');
    if (verb === 'uninstall') {
      const id = args[0] ?? '';
      if (!this.packages.has(id)) return 'Failure [DELETE_FAILED_INTERNAL_ERROR]\n';
      if (!this.ignores.has('uninstall')) this.packages.delete(id);
      return 'Success\n';
    }
    const file = this.files.get(args.at(-1) ?? '');
    if (!file) return 'Error: failed to write; file not found\n';
    // A package of the tests is text: `apk <id> <version code>`.
    const [kind, id, code] = file.toString('latin1').split(/\s/);
    if (kind !== 'apk' || !id || !code) return 'Failure [INSTALL_PARSE_FAILED_NOT_APK: Failed to parse base.apk]\n';
    if (!this.ignores.has('install')) this.packages.set(id, code);
    return 'Success\n';
  }
}

/** The device's side of a file transfer: bytes in, answers out (SYNC.TXT). */
export function createSyncService(android: Android): (bytes: Buffer) => { answer: Buffer; ended: boolean } {
  let pending: Buffer = Buffer.alloc(0);
  let path = '';
  let pieces: Buffer[] = [];
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const answers: Buffer[] = [];
    let ended = false;
    while (pending.length >= 8 && !ended) {
      const id = pending.toString('latin1', 0, 4);
      const argument = pending.readUInt32LE(4);
      const size = id === 'SEND' || id === 'DATA' || id === 'STAT' ? argument : 0;
      if (pending.length < 8 + size) break;
      const body = Buffer.from(pending.subarray(8, 8 + size));
      pending = pending.subarray(8 + size);
      if (id === 'QUIT') ended = true;
      else if (id === 'STAT') answers.push(Buffer.concat([Buffer.from('STAT'), Buffer.alloc(12)]));
      else if (id === 'SEND') {
        path = body.toString().replace(/,\d+$/, '');
        pieces = [];
      } else if (id === 'DATA') pieces.push(body);
      else if (id === 'DONE') {
        android.files.set(path, Buffer.concat(pieces));
        answers.push(Buffer.from('OKAY\0\0\0\0', 'latin1'));
      }
    }
    return { answer: Buffer.concat(answers), ended };
  };
}
