import { toError } from '../../protocols/errors.ts';
import type { Ack, Hello } from '../../protocols/fleet/messages.ts';
import type { Clock, Log } from '../../protocols/ports.ts';
import type { Bus } from '../events/bus.ts';
import type { Quarantine } from '../quarantine/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Store } from '../store/index.ts';
import type { Telemetry, TelemetryFrame } from '../telemetry/index.ts';
import type { Twin } from '../twin/index.ts';
import { type BatchDeps, storeBatch } from './batch.ts';
import { createQueue, type QueueLimits } from './queue.ts';
import { createReader } from './reader.ts';
import { createSinks, type RecordSink, type SinkDeps } from './sinks.ts';
import { createStreams } from './streams.ts';
import { type IngestCounters, type Item, noCounts } from './work.ts';

export interface IngestDeps {
  readonly store: Store;
  readonly registry: Pick<
    Registry,
    'deviceOf' | 'agentOf' | 'readAgain' | 'touchAgents' | 'outgrow' | 'applyProposals' | 'learnFamilies'
  >;
  readonly twin: Pick<Twin, 'applyStates' | 'applyInventory'>;
  readonly telemetry: Pick<Telemetry, 'appendFrames'>;
  readonly commands: SinkDeps['commands'];
  readonly quarantine: Pick<Quarantine, 'write'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly recordSinks?: readonly RecordSink[];
  readonly limits?: Partial<QueueLimits>;
}

/** Where every record of the fleet becomes durable. */
export interface Ingest extends AsyncDisposable {
  /**
   * Stores a frame. Resolves after the commit with what is stored now; undefined when the payload was so broken that there
   * is nothing to acknowledge: it is in quarantine all the same. Rejects with RecoverableError when the database is away
   * (`database-unavailable`) or too much waits (`ingest-busy`): the agent then keeps its records and sends them again.
   */
  submit(agentId: string, payload: Uint8Array): Promise<Ack | undefined>;
  /** Takes a greeting in the same order as frames. What the agent no longer holds and the database never had is `missing`. */
  hello(agentId: string, hello: Hello): Promise<Ack>;
  readonly counters: Readonly<IngestCounters> & { readonly waiting: number; readonly waitingBytes: number };
}

const defaultLimits: QueueLimits = {
  waitingMessages: 5_000,
  waitingBytes: 64 * 1024 * 1024,
  waitingOfAgent: 256,
  batchMessages: 256,
};

export function createIngest(deps: IngestDeps): Ingest {
  const { store, registry, bus, clock, log } = deps;
  const counters: IngestCounters = { ...noCounts };
  const reader = createReader(deps);
  /** Those who watch a device hear of its samples as soon as they are durable. */
  const tell = ({ records }: TelemetryFrame) => {
    if (bus.listeners === 0) return;
    for (const { device, at, values } of records)
      bus.publish(
        { type: 'device-samples', device, at: new Date(at).toISOString(), values },
        registry.deviceOf(device)?.unitPath,
      );
  };
  const sinks = createSinks({ ...deps, recordSinks: deps.recordSinks ?? [] });
  const batchDeps: BatchDeps = { ...deps, streams: createStreams(store), sinks, counters, tell };
  const queue = createQueue<Item, Ack | undefined>({
    read: (agentId, message) => reader.read(agentId, message),
    store: async (items) => {
      const answers = await storeBatch(batchDeps, items);
      reader.stored(items.filter((_, index) => !(answers[index] instanceof Error)));
      return answers;
    },
    limits: { ...defaultLimits, ...deps.limits },
    clock,
    log,
  });

  return {
    submit: (agentId, payload) => queue.put(agentId, payload.length, { kind: 'payload', agentId, payload }),
    hello: async (agentId, hello) => {
      const ack = await queue.put(agentId, 0, { kind: 'hello', agentId, hello });
      // Before the answer: what the agent lacks is judged by the generation that stands after this.
      await registry.outgrow(agentId, hello.generation);
      const now = clock.now();
      const greeting = {
        id: agentId,
        version: hello.version,
        platform: hello.platform,
        bootId: hello.bootId,
        session: hello.session,
        families: hello.families.map(({ name }) => name),
        startedAt: new Date(hello.startedAt),
        connectedAt: new Date(now),
        lastSeenAt: new Date(now),
        heldGeneration: hello.generation,
        clockSkewMs: hello.at - now,
      };
      const noted = Promise.all([registry.touchAgents([greeting]), registry.learnFamilies(hello.families)]);
      await noted.catch((thrown: unknown) => {
        // A sign of life, not a record: the next one says the same.
        log.warn('a greeting could not be noted', { error: toError(thrown), agent: agentId });
      });
      return ack ?? { epoch: hello.epoch, through: {}, rejected: [] };
    },
    get counters() {
      return { ...counters, waiting: queue.waiting, waitingBytes: queue.waitingBytes };
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
