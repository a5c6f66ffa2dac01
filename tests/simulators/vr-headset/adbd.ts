import { createPublicKey, publicDecrypt, randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { Address } from '../../../agent/platform/network.ts';
import { Port } from '../endpoint.ts';
import { Android, createSyncService } from './android.ts';

interface Stream {
  readonly remote: number;
  /** Bytes that wait for the peer's OKAY: one WRTE at a time. */
  readonly out: Buffer[];
  isWaiting: boolean;
  isEnding: boolean;
  readonly take: ((bytes: Buffer) => void) | undefined;
}

const maxData = 1_048_576;

/**
 * The debug daemon of a headset (adb's protocol.txt): CNXN, AUTH, OPEN, WRTE, OKAY, CLSE over TCP, written from the
 * reference and without our codec. A computer's key counts once a person has allowed it at the headset.
 */
export class AdbdSimulator implements AsyncDisposable {
  readonly android = new Android();
  /** Whether a key that is offered is allowed at once; else a person has to `allow` it. */
  allows = true;
  readonly #waiting: (() => void)[] = [];
  readonly #port = new Port(() => createServer((socket) => this.#accept(socket)), {});
  readonly #keys: string[] = [];

  private constructor() {
    this.android.onReboot = () => void this.#port.close();
  }

  static async start(): Promise<AdbdSimulator> {
    const daemon = new AdbdSimulator();
    await daemon.#port.open();
    return daemon;
  }

  get address(): Address {
    return this.#port.address;
  }

  /** Taps "Allow" for every computer that asks. */
  allow(): void {
    for (const open of this.#waiting.splice(0)) open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#port.close();
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.android, {
      knows: (token, signature) => this.#keys.some((key) => isSigned(key, token, signature)),
      offer: (key) => {
        if (this.allows) this.#keys.push(key);
        else
          this.#waiting.push(() => {
            this.#keys.push(key);
            connection.open();
          });
        return this.allows;
      },
    });
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 24 && pending.length >= 24 + pending.readUInt32LE(12)) {
        const length = pending.readUInt32LE(12);
        const frame = pending.subarray(0, 24 + length);
        pending = pending.subarray(24 + length);
        const command = frame.readUInt32LE(0);
        if (frame.readUInt32LE(20) !== (command ^ 0xffff_ffff) >>> 0) return void socket.destroy();
        connection.take(
          frame.toString('latin1', 0, 4),
          frame.readUInt32LE(4),
          frame.readUInt32LE(8),
          frame.subarray(24),
        );
      }
    });
  }
}

interface Door {
  readonly knows: (token: Buffer, signature: Buffer) => boolean;
  readonly offer: (key: string) => boolean;
}

class Connection {
  readonly #socket: Socket;
  readonly #android: Android;
  readonly #door: Door;
  readonly #token = randomBytes(20);
  readonly #streams = new Map<number, Stream>();
  #isOpen = false;
  #nextId = 1;

  constructor(socket: Socket, android: Android, door: Door) {
    this.#socket = socket;
    this.#android = android;
    this.#door = door;
  }

  take(command: string, arg0: number, arg1: number, data: Buffer): void {
    if (command === 'CNXN') this.#send('AUTH', 1, 0, this.#token);
    else if (command === 'AUTH') this.#authenticate(arg0, data);
    else if (!this.#isOpen) this.#socket.destroy();
    else if (command === 'OPEN') this.#open(arg0, data.toString('utf8').replace(/\0$/, ''));
    else this.#onStream(command, arg1, data);
  }

  #authenticate(kind: number, data: Buffer): void {
    const key = data.toString('latin1').split(/[\s\0]/)[0] ?? '';
    const isIn = kind === 2 ? this.#door.knows(this.#token, data) : kind === 3 && this.#door.offer(key);
    // A wrong signature is asked for again; a key that nobody allows is left without an answer.
    if (!isIn && kind === 2) this.#send('AUTH', 1, 0, this.#token);
    if (isIn) this.open();
  }

  /** Lets the computer in. */
  open(): void {
    this.#isOpen = true;
    const { properties } = this.#android;
    const banner = `device::ro.product.name=eureka;ro.product.model=${properties['ro.product.model']};ro.product.device=eureka;features=cmd`;
    this.#send('CNXN', 0x0100_0001, maxData, Buffer.from(banner));
  }

  #open(remote: number, service: string): void {
    const id = this.#nextId++;
    if (!/^(shell:|sync:|reboot:)/.test(service)) {
      this.#send('CLSE', 0, remote);
      return;
    }
    const sync = service === 'sync:' ? createSyncService(this.#android) : undefined;
    const stream: Stream = {
      remote,
      out: [],
      isWaiting: false,
      isEnding: !sync,
      take: sync
        ? (bytes) => {
            const { answer, ended } = sync(bytes);
            if (answer.length > 0) stream.out.push(answer);
            if (ended) stream.isEnding = true;
          }
        : undefined,
    };
    this.#streams.set(id, stream);
    this.#send('OKAY', id, remote);
    if (service === 'reboot:') setImmediate(() => this.#android.reboot());
    if (service.startsWith('shell:')) stream.out.push(Buffer.from(this.#android.shell(service.slice(6))));
    this.#flush(id, stream);
  }

  #onStream(command: string, id: number, data: Buffer): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (command === 'CLSE') return void this.#streams.delete(id);
    if (command === 'OKAY') stream.isWaiting = false;
    if (command === 'WRTE') {
      stream.take?.(Buffer.from(data));
      this.#send('OKAY', id, stream.remote);
    }
    this.#flush(id, stream);
  }

  #flush(id: number, stream: Stream): void {
    if (stream.isWaiting) return;
    const next = stream.out.shift();
    if (next && next.length > 0) {
      stream.isWaiting = true;
      this.#send('WRTE', id, stream.remote, next);
    } else if (stream.isEnding && stream.out.length === 0) {
      this.#streams.delete(id);
      this.#send('CLSE', id, stream.remote);
    }
  }

  #send(command: string, arg0: number, arg1: number, data: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(24);
    head.write(command, 'latin1');
    head.writeUInt32LE(arg0, 4);
    head.writeUInt32LE(arg1, 8);
    head.writeUInt32LE(data.length, 12);
    head.writeUInt32LE(data.reduce((sum, byte) => sum + byte, 0) >>> 0, 16);
    head.writeUInt32LE((head.readUInt32LE(0) ^ 0xffff_ffff) >>> 0, 20);
    this.#socket.write(Buffer.concat([head, data]));
  }
}

/** Android's public key (adb's crypto/rsa_2048_key.cpp): word count, n0inv, modulus and R^2 little-endian, exponent; in base64. */
function isSigned(key: string, token: Buffer, signature: Buffer): boolean {
  const bytes = Buffer.from(key, 'base64');
  const modulus = Buffer.from(bytes.subarray(8, 264)).reverse();
  const publicKey = createPublicKey({
    key: { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' },
    format: 'jwk',
  });
  try {
    // The token stands for a SHA-1 digest: the signature holds its DigestInfo, whose last 20 bytes it is.
    return publicDecrypt(publicKey, signature).subarray(-20).equals(token);
  } catch {
    return false;
  }
}
