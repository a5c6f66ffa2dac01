import { type ListedDevice, parseDevices } from '../../../protocols/adb/readings.ts';
import {
  connectService,
  type DeviceRequest,
  disconnectService,
  serviceOf,
  stagedPackagePath,
  transportService,
} from '../../../protocols/adb/services.ts';
import { decodeLength, decodeStatus, encodeRequest, wordBytes } from '../../../protocols/adb/smart-socket.ts';
import {
  decodeSyncStatus,
  encodeDone,
  encodeFile,
  encodeQuit,
  encodeSend,
  syncHeaderBytes,
} from '../../../protocols/adb/sync.ts';
import type { Clock } from '../../../protocols/ports.ts';
import type { Address, TcpPort } from '../driver.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../error.ts';
import { ByteSource } from './byte-source.ts';

export interface ClientOptions {
  readonly server: Address;
  readonly tcp: TcpPort;
  readonly clock: Clock;
}

const connectTimeoutMs = 4_000;
/** The server itself gives up on a headset after 10 s. */
const answerTimeoutMs = 15_000;
const installTimeoutMs = 240_000;
/** A whole cart shares one access point. */
const slowestBytesPerSecond = 262_144;
const maxBlockBytes = 65_535;
const maxOutputBytes = 512 * 1_024;
const maxReasonBytes = 1_024;
/** rw-r--r--, so that the package service may read it. */
const stagedMode = 0o100_644;

/** Questions to the adb server of this machine: one connection each, as the protocol wants it. Throws DeviceError. */
export class AdbClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Every device that the server knows. */
  async devices(signal: AbortSignal): Promise<readonly ListedDevice[]> {
    return await this.#converse('list the headsets', answerTimeoutMs, signal, async (source) => {
      return parseDevices(await this.#ask(source, 'host:devices-l'));
    });
  }

  /**
   * Makes the server connect to a headset on the network, `10.1.2.3:5555`. It also returns when the headset wants a person
   * to allow this computer first: the list of devices then says so, and changes by itself.
   */
  async connect(serial: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#converse('connect to the headset', answerTimeoutMs, signal, async (source) => {
      return await this.#ask(source, connectService(serial));
    });
    if (/^(already )?connected to |authenticate|unauthorized/.test(answer)) return;
    throw new DeviceError(/refused/.test(answer) ? 'refused' : 'unreachable', clean(answer));
  }

  /** Makes the server forget a headset on the network; one that it does not know is forgotten already. */
  async disconnect(serial: string, signal: AbortSignal): Promise<void> {
    await this.#converse('let go of the headset', answerTimeoutMs, signal, async (source) => {
      await source.write(encodeRequest(disconnectService(serial)));
      await source.take(wordBytes);
    });
  }

  /** Runs one request of the closed list on a headset and returns what it prints. */
  async run(serial: string, request: DeviceRequest, signal: AbortSignal): Promise<string> {
    const timeoutMs = request.kind === 'install-staged' ? installTimeoutMs : answerTimeoutMs;
    return await this.#converse(`ask the headset for ${request.kind}`, timeoutMs, signal, async (source) => {
      await this.#open(source, serial, request);
      return new TextDecoder().decode(await source.rest(maxOutputBytes));
    });
  }

  /**
   * Sends a package of `sizeBytes` to its place on the headset, each piece once the one before is written: no more than
   * one is held. What the pieces throw goes to the caller as it is, and the headset drops what it has got.
   */
  async stage(
    serial: string,
    pieces: AsyncIterable<Uint8Array>,
    sizeBytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    const timeoutMs = installTimeoutMs + (sizeBytes / slowestBytesPerSecond) * 1_000;
    await this.#converse('send the package', timeoutMs, signal, async (source) => {
      await this.#open(source, serial, { kind: 'sync' });
      await source.write(encodeSend(stagedPackagePath, stagedMode));
      for await (const piece of pieces) {
        for (const packet of encodeFile(piece)) await source.write(packet);
      }
      await source.write(encodeDone(Math.floor(clock.now() / 1_000)));
      const status = decodeSyncStatus(await source.take(syncHeaderBytes), maxReasonBytes);
      if (status.kind === 'fail') {
        const reason = new TextDecoder().decode(await source.take(status.reasonBytes));
        throw new DeviceError('device-fault', `the headset does not take the package: ${clean(reason)}`);
      }
      await source.write(encodeQuit());
    });
  }

  async #open(source: ByteSource, serial: string, request: DeviceRequest): Promise<void> {
    for (const service of [transportService(serial), serviceOf(request)]) {
      await source.write(encodeRequest(service));
      await this.#requireOkay(source);
    }
  }

  /** A question to the server itself: a status, then one block. */
  async #ask(source: ByteSource, service: string): Promise<string> {
    await source.write(encodeRequest(service));
    await this.#requireOkay(source);
    return await takeBlock(source);
  }

  async #requireOkay(source: ByteSource): Promise<void> {
    if (decodeStatus(await source.take(wordBytes)) === 'okay') return;
    const reason = await takeBlock(source);
    throw new DeviceError(requestFailure(reason), `the adb server refuses: ${clean(reason)}`);
  }

  async #converse<T>(
    doing: string,
    timeoutMs: number,
    signal: AbortSignal,
    talk: (source: ByteSource) => Promise<T>,
  ): Promise<T> {
    const { tcp, server, clock } = this.#options;
    signal.throwIfAborted();
    let phase: 'connect' | 'talk' = 'connect';
    try {
      using deadline = clock.deadline(timeoutMs, signal);
      await using connection = await tcp.connect(server, { timeoutMs: connectTimeoutMs, signal: deadline.signal });
      phase = 'talk';
      return await talk(new ByteSource(connection, deadline.signal));
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, phase === 'connect' ? `reach the adb server to ${doing}` : doing, phase);
    }
  }
}

async function takeBlock(source: ByteSource): Promise<string> {
  const length = decodeLength(await source.take(wordBytes), maxBlockBytes);
  return new TextDecoder().decode(await source.take(length));
}

/** The server tells why in English words only; these are those of adb 1.0.41. */
function requestFailure(reason: string): DeviceErrorCode {
  if (/unauthorized/.test(reason)) return 'authentication';
  if (/offline|still (connecting|authorizing)/.test(reason)) return 'unavailable';
  if (/not found|no devices/.test(reason)) return 'unreachable';
  if (/unknown host service/.test(reason)) return 'unsupported';
  return 'device-fault';
}

/** Text from outside, fit for a message. */
function clean(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}
