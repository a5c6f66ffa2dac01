import type { Connect, Connection, ConnectOptions } from '../../agent/uplink/mqtt-connection.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import type { DownChannel } from '../../protocols/fleet/channels.ts';
import type { Frame } from '../../protocols/fleet/frame.ts';
import type { Ack, Heartbeat, Hello } from '../../protocols/fleet/messages.ts';
import { decodePayload, encodePayload } from '../../protocols/fleet/payload.ts';
import { type FleetRecord, type Lane, lanes } from '../../protocols/fleet/record.ts';

/** The hub's side of the contract for one agent: what it has stored, by the rules of a real one. */
export class HubLedger {
  readonly hellos: Hello[] = [];
  readonly frames: Frame[] = [];
  readonly heartbeats: Heartbeat[] = [];
  readonly stored: Record<Lane, FleetRecord[]> = { urgent: [], state: [], samples: [] };
  readonly through: Record<Lane, number> = { urgent: 0, state: 0, samples: 0 };
  epoch = '';
  /** The hub's clock in its acknowledgements. */
  at: number | undefined;

  hello(payload: Uint8Array): Ack {
    const hello = decodePayload('up/hello', payload);
    this.hellos.push(hello);
    if (hello.epoch !== this.epoch) for (const lane of lanes) this.through[lane] = 0;
    this.epoch = hello.epoch;
    return this.#ack({ ...this.through });
  }

  /** Stores what continues the lane, ignores what it has, refuses what lies behind a hole. */
  frame(payload: Uint8Array): Ack {
    const frame = decodePayload('up/frames', payload);
    this.frames.push(frame);
    if (frame.epoch === this.epoch && frame.from <= this.through[frame.lane] + 1) {
      for (const record of frame.records) {
        if (record.seq <= this.through[frame.lane]) continue;
        this.stored[frame.lane].push(record);
        this.through[frame.lane] = record.seq;
      }
    }
    return this.#ack({ [frame.lane]: this.through[frame.lane] });
  }

  heartbeat(payload: Uint8Array): void {
    this.heartbeats.push(decodePayload('up/heartbeat', payload));
  }

  #ack(through: Ack['through']): Ack {
    return { epoch: this.epoch, through, rejected: [], ...(this.at === undefined ? {} : { at: this.at }) };
  }
}

/** A hub without a network: each `connect` is one connection that tests can cut, freeze or refuse. */
export interface FakeHub {
  readonly ledger: HubLedger;
  readonly connect: Connect;
  /** Lane of every frame that an agent sent, whatever became of it. */
  readonly offered: Lane[];
  /** How often an agent tried to connect. */
  readonly attempts: number;
  /** Whether connections are refused. */
  isDown: boolean;
  /** Frames are taken but neither confirmed nor stored. */
  isFrozen: boolean;
  /** Frames are confirmed by the broker and not acknowledged by the hub; nothing is stored. */
  isMute: boolean;
  cut(): void;
  send<C extends DownChannel>(channel: C, value: Parameters<typeof encodePayload<C>>[1]): Promise<void>;
}

export function createFakeHub(): FakeHub {
  const ledger = new HubLedger();
  let current: { readonly options: ConnectOptions; readonly end: (reason: string) => void } | undefined;
  const hub = {
    ledger,
    offered: [] as Lane[],
    attempts: 0,
    isDown: false,
    isFrozen: false,
    isMute: false,
    cut: () => current?.end('cut'),
    send: async <C extends DownChannel>(channel: C, value: Parameters<typeof encodePayload<C>>[1]) => {
      await current?.options.onMessage(channel, encodePayload(channel, value));
    },
    connect: async (options: ConnectOptions): Promise<Connection> => {
      hub.attempts++;
      if (hub.isDown) throw new RecoverableError('hub-unreachable', 'no hub');
      const { promise: closed, resolve } = Promise.withResolvers<RecoverableError>();
      let isOpen = true;
      const end = (reason: string) => {
        isOpen = false;
        resolve(new RecoverableError('connection-lost', reason));
      };
      current = { options, end };
      return {
        closed,
        publish: async (channel, payload) => {
          if (!isOpen) throw new RecoverableError('connection-lost', 'closed');
          if (channel === 'up/heartbeat') {
            ledger.heartbeat(payload);
            return;
          }
          if (channel === 'up/frames') hub.offered.push(decodePayload(channel, payload).lane);
          if (channel === 'up/frames' && hub.isFrozen) return new Promise(() => {});
          if (channel === 'up/frames' && hub.isMute) return;
          const ack = channel === 'up/hello' ? ledger.hello(payload) : ledger.frame(payload);
          // As on the wire: the acknowledgement comes by itself, after the call.
          setImmediate(() => {
            if (isOpen) void options.onMessage('down/ack', encodePayload('down/ack', ack));
          });
        },
        [Symbol.asyncDispose]: async () => end('disposed'),
      };
    },
  };
  return hub;
}
