import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError, toError } from '../../protocols/errors.ts';
import { type PolicyBundle, type PolicyEnvelope, policyEnvelopeSchema } from '../../protocols/fleet/policy/bundle.ts';
import { writeDurableFile } from '../../provisioning/platform/durable-file.ts';
import { openPolicy } from '../../provisioning/policy/signature.ts';

/** Whose bundles count: those for this agent, under the root that it was enrolled with (PEM). */
export interface PolicyTrust {
  readonly agentId: string;
  readonly rootPem: string;
}

const files = { current: 'current.json', previous: 'previous.json' } as const;

/**
 * The bundle that this agent lives by, and the one before it, in `<dataDir>/policies`. Each is proven anew whenever it is read,
 * so that neither a damaged nor a changed file is acted on; when the newest is no good, the one before holds.
 */
export class PolicyStore {
  readonly #folder: string;
  readonly #trust: PolicyTrust;
  #current: PolicyBundle | undefined;

  private constructor(dataDir: string, trust: PolicyTrust) {
    this.#folder = join(dataDir, 'policies');
    this.#trust = trust;
  }

  /** Reads what is there; `fallback` is why the newest could not be used. Never throws for what a file holds. */
  static async open(
    dataDir: string,
    trust: PolicyTrust,
  ): Promise<{ readonly store: PolicyStore; readonly fallback: string | undefined }> {
    const store = new PolicyStore(dataDir, trust);
    let fallback: string | undefined;
    for (const name of [files.current, files.previous]) {
      try {
        store.#current = await store.#read(name);
      } catch (thrown) {
        fallback ??= toError(thrown).message;
      }
      if (store.#current) break;
    }
    return { store, fallback };
  }

  get current(): PolicyBundle | undefined {
    return this.#current;
  }

  /** 0 when there is none. */
  get number(): number {
    return this.#current?.number ?? 0;
  }

  /**
   * Keeps a bundle; on the disk when it resolves. Throws FatalError as `openPolicy` does and `policy-outdated` for one that is
   * not newer than what is here, or what the disk says.
   */
  async keep(envelope: PolicyEnvelope): Promise<PolicyBundle> {
    const bundle = openPolicy(envelope, this.#trust.agentId, this.#trust.rootPem);
    if (bundle.number <= this.number)
      throw new FatalError(
        'policy-outdated',
        `bundle ${bundle.number} is not newer than ${this.number}, which holds; it is not taken`,
      );
    if (this.#current) await this.#moveAside();
    await writeDurableFile(this.#path(files.current), JSON.stringify(envelope));
    this.#current = bundle;
    return bundle;
  }

  /** The one that holds becomes the one before; after a crash here it is still found. */
  async #moveAside(): Promise<void> {
    try {
      await this.#read(files.current);
    } catch {
      // What is no good must not push out the one before it.
      return;
    }
    await rename(this.#path(files.current), this.#path(files.previous)).catch((thrown: unknown) => {
      if (!isMissing(thrown)) throw thrown;
    });
  }

  async #read(name: string): Promise<PolicyBundle | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path(name), 'utf8');
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
    const envelope = policyEnvelopeSchema.parse(JSON.parse(text));
    return openPolicy(envelope, this.#trust.agentId, this.#trust.rootPem);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function isMissing(thrown: unknown): boolean {
  const error = toError(thrown);
  return 'code' in error && error.code === 'ENOENT';
}
