import { randomBytes } from 'node:crypto';
import type { Frame } from '../../protocols/fleet/frame.ts';
import { decodePayload, encodePayload } from '../../protocols/fleet/payload.ts';
import type { Lane, RecordBody } from '../../protocols/fleet/record.ts';
import { topicOf } from '../../protocols/fleet/topics.ts';
import type { Enrolled } from '../../provisioning/enrolment/enrol.ts';
import { connectWire, type Wire } from './mqtt-wire.ts';

/** An agent that only sends: true identity, true frames, no devices behind it. */
export interface LoadAgent {
  readonly id: string;
  /** Records of a lane, cut into frames; resolves when the hub's acknowledgement covers them all. */
  send(lane: Lane, records: readonly RecordBody[], recordsPerFrame: number): Promise<void>;
  /** Makes frames now and sends them later, so that making them is not timed. */
  prepare(lane: Lane, records: readonly RecordBody[], recordsPerFrame: number): readonly Buffer[];
  /** Sends prepared frames, at most `window` on their way. */
  sendPrepared(lane: Lane, frames: readonly Buffer[], window: number): Promise<void>;
  readonly bytesSent: number;
  close(): void;
}

export async function connectLoadAgent(enrolled: Enrolled): Promise<LoadAgent> {
  const { agentId, hub, keyPem, certificate, chain } = enrolled;
  const { hostname, port } = new URL(hub.mqttUrl);
  const wire = await connectWire({
    host: hostname,
    port: Number(port),
    key: keyPem,
    certificate: [certificate, ...chain].join('\n'),
    authority: chain.join('\n'),
    clientId: agentId,
  });
  const epoch = randomBytes(8).toString('hex');
  const lanes = new LaneClocks();
  wire.onMessage((topic, payload) => {
    if (topic !== topicOf(agentId, 'down/ack')) return;
    const ack = decodePayload('down/ack', payload);
    if (ack.rejected.length > 0) throw new Error(`the hub rejected ${JSON.stringify(ack.rejected[0])}`);
    lanes.acknowledge(ack.through);
  });
  await wire.subscribe(topicOf(agentId, 'down/ack'));
  await greet(wire, agentId, epoch);
  const prepare: LoadAgent['prepare'] = (lane, records, recordsPerFrame) => {
    const frames: Buffer[] = [];
    for (let at = 0; at < records.length; at += recordsPerFrame) {
      const from = lanes.take(lane, Math.min(recordsPerFrame, records.length - at));
      const part = records.slice(at, at + recordsPerFrame).map((record, index) => ({ ...record, seq: from + index }));
      const frame = { epoch, lane, sentAt: Date.now(), from, through: from + part.length - 1, records: part } as Frame;
      frames.push(encodePayload('up/frames', frame));
    }
    return frames;
  };
  const sendPrepared: LoadAgent['sendPrepared'] = async (lane, frames, window) => {
    let next = 0;
    const lanesOf = async () => {
      while (next < frames.length) {
        const frame = frames[next];
        next++;
        if (frame) await wire.publish(topicOf(agentId, 'up/frames'), frame);
      }
    };
    await Promise.all(Array.from({ length: window }, lanesOf));
    await lanes.covered(lane);
  };
  return {
    id: agentId,
    prepare,
    sendPrepared,
    send: (lane, records, recordsPerFrame) => sendPrepared(lane, prepare(lane, records, recordsPerFrame), 4),
    get bytesSent() {
      return wire.bytesSent;
    },
    close: () => wire.close(),
  };
}

/** How far each lane is numbered and acknowledged. */
class LaneClocks {
  readonly #next: Record<Lane, number> = { urgent: 1, state: 1, samples: 1 };
  readonly #through: Record<Lane, number> = { urgent: 0, state: 0, samples: 0 };
  #wake: () => void = () => {};

  take(lane: Lane, count: number): number {
    const from = this.#next[lane];
    this.#next[lane] += count;
    return from;
  }

  acknowledge(through: Partial<Record<Lane, number>>): void {
    for (const [lane, value] of Object.entries(through) as [Lane, number][])
      this.#through[lane] = Math.max(this.#through[lane], value);
    this.#wake();
  }

  async covered(lane: Lane): Promise<void> {
    while (this.#through[lane] < this.#next[lane] - 1) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

async function greet(wire: Wire, agentId: string, epoch: string): Promise<void> {
  const empty = { head: 1, next: 1 };
  const hello = encodePayload('up/hello', {
    version: 'bench',
    bootId: epoch,
    session: epoch,
    epoch,
    at: Date.now(),
    startedAt: Date.now(),
    platform: 'bench',
    generation: 0,
    orderSeq: 0,
    families: [],
    lanes: { urgent: empty, state: empty, samples: empty },
  });
  await wire.publish(topicOf(agentId, 'up/hello'), hello);
}
