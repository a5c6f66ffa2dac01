import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import { FatalError } from '../../../../protocols/errors.ts';
import { classifyFailure, failureMessage, type IpmiFailure } from '../../../../protocols/ipmi/failure.ts';
import {
  type IpmiQuestion,
  type IpmiTarget,
  ipmitoolArguments,
  passwordVariable,
} from '../../../../protocols/ipmi/invocation.ts';
import { maxOutputBytes } from '../../../../protocols/ipmi/output.ts';
import { decodePresencePong, encodePresencePing } from '../../../../protocols/ipmi/presence.ts';
import type { DriverContext, UdpSocket } from '../../driver.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../../error.ts';

type Ports = Pick<DriverContext, 'udp' | 'programs' | 'clock'>;

/** Real time for a controller that is asked twice for each of 200 sensors. */
const questionTimeoutMs = 30_000;
const pingTimeoutMs = 2_000;
const mostPings = 3;
const maxDatagramBytes = 256;

/** IPMI 2.0 section 22.29: a name has 16 bytes; a password 20, of version 1.5 16. */
const longest = { username: 16, lanplus: 20, lan: 16 } as const;

const codes: Readonly<Record<IpmiFailure, DeviceErrorCode>> = {
  authentication: 'authentication',
  'no-answer': 'timeout',
  busy: 'busy',
  unsupported: 'unsupported',
  other: 'device-fault',
};

/**
 * Asks one controller through `ipmitool`. That program opens sockets of its own, past the agent's network policy; so each
 * connect and poll first sends a presence ping through the driver's own UDP port, which the policy judges, and the address must be a
 * number, which nobody can resolve to another one meanwhile.
 */
export class IpmiClient {
  readonly #ports: Ports;
  readonly #target: IpmiTarget;
  readonly #password: string;
  readonly #isPingAnswered: boolean;
  #tag = 0;

  constructor(ports: Ports, target: IpmiTarget, password: string, isPingAnswered: boolean) {
    if (!isIpv4(target.host)) {
      throw new FatalError(
        'address-not-allowed',
        `IPMI needs an IPv4 address, and ${target.host.slice(0, 80)} is none`,
      );
    }
    if (utf8Length(target.username) > longest.username || utf8Length(password) > longest[target.interface]) {
      throw new DeviceError(
        'authentication',
        `IPMI takes a user of at most ${longest.username} and a password of at most ${longest[target.interface]} bytes`,
      );
    }
    this.#ports = ports;
    this.#target = target;
    this.#password = password;
    this.#isPingAnswered = isPingAnswered;
  }

  /**
   * Whether a controller is there, and may be asked at all. Throws FatalError `address-not-allowed`, DeviceError `timeout` when
   * nobody answers three pings, `protocol` when something else than a controller does.
   */
  async checkPresence(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { host, port } = this.#target;
    await using socket = await this.#ports.udp.open({ maxBytes: maxDatagramBytes });
    for (let attempt = 0; attempt < mostPings; attempt++) {
      this.#tag = (this.#tag + 1) % 255;
      await socket.send(encodePresencePing(this.#tag), { host, port });
      if (!this.#isPingAnswered || (await this.#hearsPong(socket, signal))) return;
    }
    throw new DeviceError(
      'timeout',
      `nobody answers a presence ping at ${host} UDP ${port}; is IPMI over LAN switched on?`,
    );
  }

  /** What `ipmitool` prints for a question. Throws DeviceError, FatalError `program-missing`. */
  async ask(question: IpmiQuestion, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    try {
      const { exitCode, stdout, stderr } = await this.#ports.programs.run({
        program: 'ipmitool',
        args: ipmitoolArguments(this.#target, question),
        environment: { [passwordVariable]: this.#password },
        timeoutMs: questionTimeoutMs,
        maxBytes: maxOutputBytes,
        signal,
      });
      if (exitCode === 0) return stdout;
      throw new DeviceError(codes[classifyFailure(stderr)], `ipmitool (${question}): ${failureMessage(stderr)}`, {
        details: { exitCode },
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw toDeviceError(thrown, `ipmitool (${question})`);
    }
  }

  async #hearsPong(socket: UdpSocket, signal: AbortSignal): Promise<boolean> {
    using deadline = this.#ports.clock.deadline(pingTimeoutMs, signal);
    const { host, port } = this.#target;
    try {
      for (;;) {
        const { bytes, from } = await socket.receive(deadline.signal);
        // Only what comes from the controller itself is looked at.
        if (from.host !== host || from.port !== port) continue;
        if (isAnswer(bytes, this.#tag)) return true;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) return false;
      throw toDeviceError(thrown, 'presence ping');
    }
  }
}

/** An answer to an earlier ping is none to this one. Throws ProtocolError for what is no answer at all, DeviceError for a peer without IPMI. */
function isAnswer(bytes: Uint8Array, tag: number): boolean {
  const pong = decodePresencePong(bytes);
  if (pong.tag !== tag) return false;
  if (!pong.speaksIpmi) throw new ProtocolError('unsupported', 'it answers pings and does not speak IPMI');
  return true;
}

function isIpv4(host: string): boolean {
  const octets = host.split('.');
  return octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
