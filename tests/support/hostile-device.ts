import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../agent/platform/network.ts';
import { startDatagrams } from './hostile-datagrams.ts';
import { createFraming, type Framed } from './hostile-framing.ts';
import { type HostileOptions, Malice } from './hostile-malice.ts';
import { endlessPiece, noise } from './hostile-mutation.ts';
import type { Random } from './hostile-random.ts';

/** How one conversation goes wrong, or does not. */
const turns = [
  'lies',
  'one lie',
  'silence',
  'garbage first',
  'half a message',
  'drip',
  'endless',
  'hang-up',
  'reset',
  'late',
  'flood',
] as const;
type Turn = (typeof turns)[number] | 'honest';

export interface HostileDevice extends AsyncDisposable {
  readonly tcp: Address;
  readonly udp: Address;
  /** Tells the truth from now on; what is silent, slow or endless stays so until the agent ends it. */
  calm(): void;
  /** Conversations that were hostile, and lies in them. */
  readonly lies: number;
}

/** An endless stream comes at some 50 Mbit/s of the clock; one that nobody ends takes a rest after this, seldom after the longest. */
const stream = { burstBytes: 128 * 1024, everyMs: 20, restsAfter: [1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 32] } as const;
/** A device that answers everything, seldom truly: TCP (HTTP and WebSocket in it) and UDP on loopback. */
export async function startHostileDevice(options: HostileOptions): Promise<HostileDevice> {
  await using stack = new AsyncDisposableStack();
  const malice = new Malice(options);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    for (const event of ['data', 'end', 'close', 'connect', 'drain']) socket.on(event, malice.clock.touch);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer({ noDelay: true }, (near) => {
    malice.clock.touch();
    converse(malice, keep(near), options.truth?.tcp ? keep(dial(options.truth.tcp)) : undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    malice.stop.abort(new Error('the hostile device goes'));
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const datagrams = stack.use(await startDatagrams(malice, options.truth?.udp));
  const owned = stack.move();
  return {
    tcp: addressOf(server),
    udp: datagrams.address,
    calm: () => malice.calm(),
    get lies() {
      return malice.lies;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function dial(address: Address): Socket {
  return connect({ host: address.host, port: address.port, noDelay: true });
}

function addressOf(server: Server): Address {
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** One connection: what the agent says goes to the truth, what the truth says comes back as the turn wants it. */
function converse(malice: Malice, near: Socket, far: Socket | undefined): void {
  const random = malice.dice();
  const conversation = new Conversation(malice, near, random);
  const framing = createFraming();
  near.on('close', () => far?.destroy());
  far?.on('close', () => conversation.end());
  far?.on('data', (chunk) => {
    for (const framed of framing.push(chunk)) conversation.say(framed);
  });
  near.on('data', (chunk) => {
    if (far && !conversation.isDeaf) far.write(chunk);
    else conversation.say({ body: noise(random, 1 + random.below(80)), wrap: (body) => body });
  });
  if (conversation.turn === 'garbage first') conversation.say({ body: Buffer.alloc(0), wrap: (body) => body });
}

class Conversation {
  readonly #malice: Malice;
  readonly #near: Socket;
  readonly #random: Random;
  #turn: Turn = 'honest';
  #minute = -1;
  #lieChance = 0;
  /** The message with which the turn begins; true ones pass before. */
  #from = 0;
  #messages = 0;
  #hasEnded = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(malice: Malice, near: Socket, random: Random) {
    this.#malice = malice;
    this.#near = near;
    this.#random = random;
    this.#takeTurn();
  }

  get turn(): Turn {
    return this.#turn;
  }

  get isDeaf(): boolean {
    return this.#turn === 'silence' && this.#messages >= this.#from;
  }

  /** The truth has closed its side. */
  end(): void {
    this.#later(async () => void this.#near.end());
  }

  say(framed: Framed): void {
    if (this.#minute !== this.#malice.minute && this.#turn === 'honest') this.#takeTurn();
    const number = this.#messages++;
    this.#malice.keep(framed.body);
    this.#later(async () => {
      // Even a device on the same switch takes its time; without it a conversation without end would take none.
      await this.#wait(1 + this.#random.below(10));
      if (number < this.#from || this.#turn === 'honest') await this.#write(framed.wrap(framed.body));
      else await this.#act(framed, number);
    });
  }

  #takeTurn(): void {
    const random = this.#random;
    const malice = this.#malice;
    this.#minute = malice.minute;
    this.#turn = malice.isHostile(random) ? random.pick(turns) : 'honest';
    if (this.#turn === 'honest') return;
    malice.lies++;
    const patience = this.#turn === 'garbage first' ? 0 : random.pick([0, 0, 0, 1, 1, 2, 3, 5, 8, 13, 30, 100]);
    this.#from = this.#messages + patience;
    this.#lieChance = random.pick([0.05, 0.3, 1]);
    malice.note(`turn ${this.#turn} from message ${this.#from}`);
  }

  async #act(framed: Framed, number: number): Promise<void> {
    const random = this.#random;
    const truth = framed.wrap(framed.body);
    switch (this.#turn) {
      case 'silence':
      case 'honest':
        return;
      case 'garbage first':
      case 'lies':
        if (this.#malice.isCalm) return await this.#write(truth);
        return await this.#write(random.chance(this.#lieChance) || number === 0 ? this.#lieAbout(framed) : truth);
      case 'one lie':
        return await this.#write(number === this.#from ? this.#lieAbout(framed) : truth);
      case 'half a message':
        await this.#write(truth.subarray(0, random.below(truth.length)));
        return this.#leave(random.chance(0.5));
      case 'drip':
        return await this.#drip(random.chance(0.5) ? truth : this.#lieAbout(framed));
      case 'endless':
        return await this.#stream(truth);
      case 'hang-up':
        return this.#leave(true);
      case 'reset':
        this.#hasEnded = true;
        this.#near.resetAndDestroy();
        return;
      case 'late':
        await this.#wait(random.pick([1_500, 6_000, 20_000, 70_000]));
        return await this.#write(truth);
      case 'flood':
        // A driver that takes no harm would be flooded for hours.
        if (random.chance(0.7)) this.#turn = 'honest';
        return await this.#write(Buffer.concat(Array.from({ length: random.pick([5, 100, 1_000]) }, () => truth)));
    }
  }

  /** Behind a true frame, most of the time: else nothing but the frame's reader is ever met. */
  #lieAbout(framed: Framed): Buffer {
    if (this.#random.chance(0.75)) return framed.wrap(this.#malice.lie(framed.body, this.#random));
    return this.#malice.lie(framed.wrap(framed.body), this.#random);
  }

  async #drip(bytes: Buffer): Promise<void> {
    const everyMs = this.#random.pick([5, 100, 900]);
    for (const byte of bytes.subarray(0, 400)) {
      await this.#wait(everyMs);
      await this.#write(Buffer.from([byte]));
    }
  }

  async #stream(truth: Buffer): Promise<void> {
    const { name, bytes } = endlessPiece(truth, this.#random);
    this.#malice.note(`endless ${name}, begun by ${truth.length} bytes`);
    const burst = Buffer.concat(Array.from({ length: Math.ceil(stream.burstBytes / bytes.length) }, () => bytes));
    if (this.#random.chance(0.5)) await this.#write(truth.subarray(0, this.#random.below(truth.length + 1)));
    const mostBytes = this.#random.pick(stream.restsAfter) * 2 ** 20;
    for (let sent = 0; sent < mostBytes && !this.#hasEnded; sent += burst.length) {
      await this.#write(burst);
      await this.#wait(stream.everyMs);
    }
  }

  #leave(isTold: boolean): void {
    this.#hasEnded = true;
    if (isTold) this.#near.end();
  }

  async #write(bytes: Buffer): Promise<void> {
    const near = this.#near;
    if (this.#hasEnded || near.destroyed || bytes.length === 0) return;
    this.#malice.clock.touch();
    if (near.write(bytes)) return;
    // An agent that does not read must not be waited for without an end.
    await Promise.race([once(near, 'drain', { signal: this.#malice.stop.signal }), once(near, 'close')]).catch(
      () => {},
    );
  }

  async #wait(delayMs: number): Promise<void> {
    if (this.#near.destroyed) this.#hasEnded = true;
    if (!this.#hasEnded) await this.#malice.clock.wait(delayMs, this.#malice.stop.signal);
  }

  #later(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (!this.#hasEnded) await work();
    });
    this.#queue = this.#queue.catch((thrown: unknown) => {
      if (!this.#malice.stop.signal.aborted) throw thrown;
    });
  }
}
