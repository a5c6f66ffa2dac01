import type { Session, Varbind } from 'net-snmp';
import type { Clock } from '../../../protocols/ports.ts';
import type { Address, UdpPort } from '../driver.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../error.ts';
import type { Settings } from './settings.ts';
import { PortTransport } from './transport.ts';
import { decodeValue, indexIn, type SnmpValue } from './values.ts';

type Library = typeof import('net-snmp');

export interface ClientOptions {
  readonly address: Address;
  /** Community of v2c, user of v3. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly settings: Settings;
  readonly udp: UdpPort;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Row {
  /** What follows the column in the object identifier, `3` or `1.3`. */
  readonly index: string;
  readonly cells: readonly (SnmpValue | undefined)[];
}

/** Small boxes take a second for a table. */
const answerTimeoutMs = 3_000;
const attempts = 2;
/** The library's own timer never decides: ours is on the agent's clock. */
const libraryTimeoutMs = 120_000;
const maxPerGet = 16;
const maxPerBulk = 40;
const maxDatagramBytes = 65_507;
const defaultCommunity = 'public';

/** One conversation over SNMP v2c or v3. Throws DeviceError, or the signal's reason. */
export class SnmpClient implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #transport: PortTransport;
  readonly #session: Session;
  readonly #library: Library;

  private constructor(options: ClientOptions, transport: PortTransport, library: Library) {
    this.#library = library;
    this.#options = options;
    this.#transport = transport;
    this.#session = openSession(library, options, transport);
    // The library tells packets that it cannot read; they count as not having come.
    this.#session.on('error', () => {});
  }

  static async open(options: ClientOptions): Promise<SnmpClient> {
    options.signal.throwIfAborted();
    // Loaded by the first device that needs it: 11 MB and 30 ms that most agents save.
    const { default: library } = await import('net-snmp');
    const socket = await options.udp.open({ maxBytes: maxDatagramBytes });
    const transport = new PortTransport(socket, options.address);
    try {
      return new SnmpClient(options, transport, library);
    } catch (thrown) {
      await transport[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** Values of single objects; those that the device does not have are left out. */
  async get(oids: readonly string[]): Promise<ReadonlyMap<string, SnmpValue>> {
    const values = new Map<string, SnmpValue>();
    for (let at = 0; at < oids.length; at += maxPerGet) {
      const wanted = oids.slice(at, at + maxPerGet);
      const varbinds = await this.#ask<Varbind[]>((done) => this.#session.get(wanted, done));
      for (const varbind of varbinds) {
        const value = decodeValue(varbind);
        if (value !== undefined) values.set(varbind.oid, value);
      }
    }
    return values;
  }

  /** Rows of a table by several of its columns, at most `maxRows`, in the order of the first column. */
  async table(columns: readonly string[], maxRows: number): Promise<readonly Row[]> {
    const rows = new Map<string, (SnmpValue | undefined)[]>();
    let places = columns.map((column, at) => ({ column, at, last: column }));
    const repetitions = Math.max(1, Math.floor(maxPerBulk / columns.length));
    while (places.length > 0 && rows.size < maxRows) {
      const asked = places.map(({ last }) => last);
      const answer = await this.#ask<(Varbind | Varbind[])[]>((done) => {
        this.#session.getBulk(asked, 0, repetitions, done);
      });
      places = places.flatMap((place, at) => {
        const last = takeColumn(rows, columns.length, place, [answer[at] ?? []].flat(), maxRows);
        return last === undefined ? [] : [{ ...place, last }];
      });
    }
    return [...rows].map(([index, cells]) => ({ index, cells }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session.close();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #ask<T>(start: (done: (error: Error | null, answer?: T) => void) => unknown): Promise<T> {
    const { signal } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#try(start);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = deviceErrorOf(this.#library, thrown);
        const isSilence = error instanceof DeviceError && error.code === 'timeout';
        if (!isSilence || attempt === attempts) throw error;
      }
    }
  }

  async #try<T>(start: (done: (error: Error | null, answer?: T) => void) => unknown): Promise<T> {
    const { clock, signal } = this.#options;
    using deadline = clock.deadline(answerTimeoutMs, signal);
    return await new Promise<T>((resolve, reject) => {
      const cancel = () => {
        reject(deadline.signal.reason);
        this.#session.cancelRequests(deadline.signal.reason);
      };
      if (deadline.signal.aborted) return cancel();
      deadline.signal.addEventListener('abort', cancel, { once: true });
      start((error, answer) => {
        if (error) reject(error);
        else if (answer === undefined) reject(new DeviceError('protocol', 'the device answers without values'));
        else resolve(answer);
      });
    });
  }
}

/** Puts the values of one column into `rows`. Returns where to go on, or undefined when the column has ended. */
function takeColumn(
  rows: Map<string, (SnmpValue | undefined)[]>,
  width: number,
  place: { readonly column: string; readonly at: number; readonly last: string },
  varbinds: readonly Varbind[],
  maxRows: number,
): string | undefined {
  let last = place.last;
  for (const varbind of varbinds) {
    const index = indexIn(place.column, varbind.oid);
    const value = decodeValue(varbind);
    if (index === undefined || value === undefined) return undefined;
    const row = rows.get(index) ?? new Array<SnmpValue | undefined>(width).fill(undefined);
    if (!rows.has(index) && rows.size >= maxRows) return undefined;
    rows.set(index, row);
    row[place.at] = value;
    last = varbind.oid;
  }
  return last === place.last ? undefined : last;
}

function openSession(snmp: Library, options: ClientOptions, dgramModule: PortTransport): Session {
  const { address, username, password, settings } = options;
  const session = {
    port: address.port,
    retries: 0,
    timeout: libraryTimeoutMs,
    // A device that answers the same objects again and again would never end a table.
    backwardsGetNexts: false,
    dgramModule,
  };
  if (settings.version === 'v2c') {
    return snmp.createSession(address.host, password || defaultCommunity, { ...session, version: snmp.Version2c });
  }
  if (!username || !password) {
    throw new DeviceError('authentication', 'SNMP version 3 needs a user and a password; none is configured');
  }
  const user = {
    name: username,
    level: settings.privacy === 'none' ? snmp.SecurityLevel.authNoPriv : snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols[settings.authentication],
    authKey: password,
    privProtocol: snmp.PrivProtocols.aes,
    privKey: password,
  };
  return snmp.createV3Session(address.host, user, { ...session, version: snmp.Version3 });
}

/** RFC 3416 section 3, error-status. */
const statusCodes: Readonly<Record<number, DeviceErrorCode>> = {
  5: 'device-fault',
  13: 'unavailable',
  16: 'authentication',
};

function deviceErrorOf(snmp: Library, thrown: unknown): unknown {
  if (thrown instanceof snmp.RequestFailedError) {
    const code = statusCodes[thrown.status] ?? 'protocol';
    return new DeviceError(code, `the device refuses the question: ${thrown.message}`, { cause: thrown });
  }
  if (thrown instanceof snmp.ResponseInvalidError) {
    // Reports of RFC 3414 section 3.2: those about clocks and engines are no matter of the password.
    const isOurs = /digest|user|security level|decrypt/i.test(thrown.message);
    return new DeviceError(isOurs ? 'authentication' : 'protocol', `the device answers: ${thrown.message}`, {
      cause: thrown,
    });
  }
  const error = toDeviceError(thrown, 'ask the device');
  if (!(error instanceof DeviceError) || error.code !== 'timeout') return error;
  return new DeviceError('timeout', 'no answer: the device is off, SNMP is off, or the community is another', {
    cause: thrown,
  });
}
