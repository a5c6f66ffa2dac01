import type { Clock } from '../../../../protocols/ports.ts';
import { selfSigned, signedByAuthority } from './certificates.ts';

export type Level = 'Administrator' | 'Operator' | 'User';

export interface SimulatedUser {
  readonly name: string;
  readonly password: string;
  readonly level: Level;
}

interface KeystoreCertificate {
  readonly id: string;
  readonly keyId: string;
  readonly alias: string;
  readonly der: Buffer;
}

/** How a camera can be looked after; all of it can be left out, as on cheaper models. */
export interface UpkeepOptions {
  /** Accounts beside the one that the simulator is started with. */
  readonly users?: readonly SimulatedUser[];
  readonly level?: Level;
  /** `http` is StartFirmwareUpgrade, `soap` the older UpgradeSystemFirmware. */
  readonly upgrades?: readonly ('http' | 'soap')[];
  readonly logs?: readonly ('soap' | 'http')[];
  /** The log of SOAP comes as an attachment. */
  readonly hasLogAttachment?: boolean;
  readonly hasKeystore?: boolean;
  /** Acknowledges every change and makes none. */
  readonly isDeaf?: boolean;
  /** Restarts without an answer. */
  readonly isRude?: boolean;
  readonly uploadDelaySeconds?: number;
  readonly downTimeSeconds?: number;
  /** Takes an image and runs what it ran. */
  readonly forgetsImage?: boolean;
}

/** What a camera knows about itself and its accounts. */
export interface Upkeep {
  readonly options: Required<Omit<UpkeepOptions, 'users' | 'level'>>;
  users: SimulatedUser[];
  isNtp: boolean;
  isNtpFromDhcp: boolean;
  ntpServers: string[];
  timeZone: string;
  isDaylightSaving: boolean;
  hostname: string;
  readonly host: string;
  readonly systemLog: string[];
  readonly accessLog: string[];
  readonly certificates: KeystoreCertificate[];
  /** Certification paths, and which of them the server shows. */
  readonly paths: Map<string, readonly string[]>;
  readonly servedPaths: string[];
  readonly keys: Map<string, unknown>;
  /** What goes beside the next answer, as an attachment. */
  attachment: Buffer | undefined;
  uploadId: string | undefined;
  restarts: number;
  /** A restart has been ordered and has not ended. */
  isLeaving: boolean;
  images: number;
  /** Goes away and comes back; `change` happens in between. */
  restart: (change: () => void) => void;
}

export function createUpkeep(
  options: UpkeepOptions,
  input: {
    readonly credentials: { readonly username: string; readonly password: string } | undefined;
    readonly hostname: string;
    readonly host: string;
  },
): Upkeep {
  const { credentials, hostname, host } = input;
  const own = credentials
    ? [{ name: credentials.username, password: credentials.password, level: options.level ?? 'Administrator' }]
    : [];
  return {
    options: {
      upgrades: options.upgrades ?? ['http'],
      logs: options.logs ?? ['soap', 'http'],
      hasLogAttachment: options.hasLogAttachment ?? false,
      hasKeystore: options.hasKeystore ?? true,
      isDeaf: options.isDeaf ?? false,
      isRude: options.isRude ?? false,
      uploadDelaySeconds: options.uploadDelaySeconds ?? 2,
      downTimeSeconds: options.downTimeSeconds ?? 20,
      forgetsImage: options.forgetsImage ?? false,
    },
    users: [...own, ...(options.users ?? [])],
    isNtp: false,
    isNtpFromDhcp: false,
    ntpServers: ['time.sim.test'],
    timeZone: 'ICT-7',
    isDaylightSaving: false,
    hostname,
    host,
    systemLog: ['2026-03-02 00:00:01 start of the system', '2026-03-02 00:00:05 lens ready: "đủ sáng" <ok>'],
    accessLog: [],
    certificates: [
      { id: 'factory', keyId: 'key-factory', alias: 'Factory', der: selfSigned },
      { id: 'issued', keyId: 'key-issued', alias: 'Issued', der: signedByAuthority },
    ],
    paths: new Map([['path-factory', ['factory']]]),
    servedPaths: ['path-factory'],
    keys: new Map(),
    attachment: undefined,
    uploadId: undefined,
    restarts: 0,
    isLeaving: false,
    images: 0,
    restart: () => {},
  };
}

/** An image as these cameras take it: who it is for and what it is, and then as many bytes as wanted. */
export function firmwareImage(model: string, version: string, sizeBytes = 4_096): Buffer {
  const head = Buffer.from(`EDUFLEET-SIM|${model}|${version}|\n`, 'utf8');
  return Buffer.concat([head, Buffer.alloc(Math.max(0, sizeBytes - head.length), 0xa5)]);
}

export type ImageVerdict = { readonly version: string } | 'wrong' | 'damaged';

/** What a camera of `model` thinks of an image. A version that begins with `broken` cannot be written. */
export function judgeImage(image: Buffer, model: string): ImageVerdict {
  const [magic, forModel, version] = image.subarray(0, 400).toString('utf8').split('|');
  if (magic !== 'EDUFLEET-SIM' || forModel !== model || !version) return 'wrong';
  return version.startsWith('broken') ? 'damaged' : { version };
}

/** Waits in the camera's own time; ends quietly when the simulator does. */
export async function pause(clock: Clock, delayMs: number, ending: AbortSignal): Promise<boolean> {
  try {
    await clock.wait(delayMs, ending);
    return true;
  } catch (thrown) {
    if (ending.aborted) return false;
    throw thrown;
  }
}
