import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError, toError } from '../../protocols/errors.ts';
import { type OrderEnvelope, orderEnvelopeSchema } from '../../protocols/fleet/messages.ts';
import type { Order } from '../../protocols/fleet/rollout/order.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';
import { openOrder } from '../../provisioning/policy/signature.ts';

/** Whose orders count: those for this agent, under the root that it was enrolled with (PEM). */
export interface OrderTrust {
  readonly agentId: string;
  readonly rootPem: string;
}

/**
 * The newest deployment order that this agent took, in `<dataDir>/deployments/order.json`. It is proven anew when it is read, so
 * that a changed file is never acted on. An order is old only against what is held: the number that it carries is the memory.
 */
export class OrderStore {
  readonly #path: string;
  readonly #trust: OrderTrust;
  #current: Order | undefined;

  private constructor(dataDir: string, trust: OrderTrust) {
    this.#path = join(dataDir, 'deployments', 'order.json');
    this.#trust = trust;
  }

  /** Reads what is there; `fault` is why it could not be used. Throws only what the disk says. */
  static async open(
    dataDir: string,
    trust: OrderTrust,
  ): Promise<{ readonly store: OrderStore; readonly fault: string | undefined }> {
    const store = new OrderStore(dataDir, trust);
    const text = await readIfThere(store.#path);
    if (text === undefined) return { store, fault: undefined };
    try {
      store.#current = openOrder(orderEnvelopeSchema.parse(JSON.parse(text)), trust.agentId, trust.rootPem);
      return { store, fault: undefined };
    } catch (thrown) {
      return { store, fault: toError(thrown).message };
    }
  }

  get current(): Order | undefined {
    return this.#current;
  }

  /** 0 when there is none. */
  get orderSeq(): number {
    return this.#current?.orderSeq ?? 0;
  }

  /**
   * Keeps an order; on the disk when it resolves. `nowMs` is the hub's time as far as it is known. Throws FatalError
   * `order-untrusted` | `order-foreign` | `order-unreadable` | `order-replayed` (the number that is held) | `order-outdated` |
   * `order-expired`, or what the disk says.
   */
  async keep(envelope: OrderEnvelope, nowMs: number): Promise<Order> {
    const order = openOrder(envelope, this.#trust.agentId, this.#trust.rootPem);
    if (order.orderSeq === this.orderSeq)
      throw new FatalError('order-replayed', `order ${order.orderSeq} is held already; it is not taken again`);
    if (order.orderSeq < this.orderSeq)
      throw new FatalError('order-outdated', `order ${order.orderSeq} is older than ${this.orderSeq}, which holds`);
    if (order.expiresAt <= nowMs)
      throw new FatalError('order-expired', `order ${order.orderSeq} has expired; the hub has to sign a new one`);
    await writeDurableFile(this.#path, JSON.stringify(envelope));
    this.#current = order;
    return order;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const error = toError(thrown);
    if ('code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
