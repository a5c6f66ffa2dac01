import { createHash } from 'node:crypto';
import type { ReleaseFetch } from '../../agent/deployments/trust/source.ts';
import { RecoverableError } from '../../protocols/errors.ts';
import { type TargetCustom, targetPath } from '../../protocols/fleet/rollout/target.ts';
import { addArtifacts } from '../../provisioning/release/additions.ts';
import { generateKeyPem, readSigningKey, type SigningKey, signWith } from '../../provisioning/release/keys.ts';
import { buildRoot, buildTargets, metadataText, parseTargets } from '../../provisioning/release/metadata.ts';
import { signOnline } from '../../provisioning/release/online.ts';

const newKey = () => {
  const pem = generateKeyPem();
  return { pem, ...readSigningKey(pem) };
};
type PemKey = SigningKey & { readonly pem: string };

export function customOf(fields: Partial<TargetCustom> = {}): TargetCustom {
  return {
    component: 'device-firmware',
    name: 'camera',
    version: '1.0.0',
    models: [],
    fromVersions: [],
    releaseCounter: 1,
    ...fields,
  };
}

/** A repository of releases in memory, with all its keys at hand, to be turned against an agent. */
export class ReleaseRepository {
  readonly files = new Map<string, Buffer>();
  rootKeys: PemKey[] = [newKey(), newKey(), newKey()];
  targetsKey = newKey();
  onlineKey = newKey();
  rootVersion = 0;
  targetsVersion = 0;
  #previous: { snapshot: string; timestamp: string } | undefined;
  nowMs: number;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
    this.rotateRoot();
    this.#putTargets(buildTargets(1, {}, nowMs));
    this.freshen();
  }

  get keys() {
    const { rootKeys, targetsKey, onlineKey } = this;
    return {
      root: rootKeys.map(({ tuf }) => tuf),
      rootThreshold: 2,
      targets: [targetsKey.tuf],
      online: [onlineKey.tuf],
    };
  }

  text(name: string): string {
    return this.files.get(name)!.toString('utf8');
  }

  root(version = this.rootVersion): string {
    return this.text(`${version}.root.json`);
  }

  /** The next root, signed by `signers` (unless given: two old and two new keys). */
  rotateRoot(change: { keys?: PemKey[]; signers?: SigningKey[] } = {}): void {
    const before = this.rootKeys;
    this.rootKeys = change.keys ?? before;
    this.rootVersion += 1;
    const root = buildRoot(this.rootVersion, this.keys, this.nowMs);
    for (const key of change.signers ?? [...before.slice(0, 2), ...this.rootKeys.slice(0, 2)]) signWith(root, key);
    this.put(`${this.rootVersion}.root.json`, metadataText(root));
  }

  freshRootKeys(): PemKey[] {
    return [newKey(), newKey(), newKey()];
  }

  rotateOnline(): void {
    this.onlineKey = newKey();
    this.rotateRoot();
    this.freshen();
  }

  /** Releases content under what is signed about it; returns its path. */
  release(content: string, fields: Partial<TargetCustom> = {}): string {
    const bytes = Buffer.from(content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const custom = customOf(fields);
    const artifact = { custom, file: 'image.bin', length: bytes.length, sha256 };
    this.#putTargets(
      addArtifacts(parseTargets(this.text(`${this.targetsVersion}.targets.json`)), [artifact], this.nowMs),
    );
    this.freshen();
    return targetPath({ ...custom, file: 'image.bin', sha256 });
  }

  #putTargets(targets: ReturnType<typeof buildTargets>): void {
    signWith(targets, this.targetsKey);
    this.targetsVersion = targets.signed.version;
    this.put(`${this.targetsVersion}.targets.json`, metadataText(targets));
  }

  freshen(validMs?: number): void {
    const { snapshot, timestamp } = signOnline({
      root: this.root(),
      targets: this.text(`${this.targetsVersion}.targets.json`),
      keyPem: this.onlineKey.pem,
      nowMs: this.nowMs,
      ...(this.#previous ? { previous: this.#previous } : {}),
      ...(validMs === undefined ? {} : { validMs }),
    });
    this.put(snapshot.name, snapshot.text);
    this.put(timestamp.name, timestamp.text);
    this.#previous = { snapshot: snapshot.text, timestamp: timestamp.text };
  }

  put(name: string, content: string | Uint8Array): void {
    this.files.set(name, Buffer.from(content));
  }

  /** A copy of all that is served now, to be played again later. */
  recorded(): ReleaseFetch {
    return fetchOf(new Map(this.files));
  }

  readonly fetch: ReleaseFetch = (path, from, signal) => fetchOf(this.files)(path, from, signal);
}

function fetchOf(files: ReadonlyMap<string, Uint8Array>): ReleaseFetch {
  return async (path) => {
    const bytes = files.get(path.replace(/^metadata\//, ''));
    if (!bytes) throw new RecoverableError('release-not-found', `no ${path}`);
    return (async function* () {
      yield bytes;
    })();
  };
}
