import { createHash, timingSafeEqual } from 'node:crypto';
import { FatalError } from '../../../protocols/errors.ts';
import type { BrokerGrant } from '../broker.ts';
import { coversFilter, isTopicFilter, matchesTopic } from './topic-filter.ts';

const maxFilters = 100;
const maxTextLength = 512;

/** A grant with the one who reads it; `seat` is undefined while the grant is only held for its driver. */
export interface Admission<Seat> {
  readonly grant: BrokerGrant;
  seat: Seat | undefined;
}

interface User<Seat> {
  readonly passwordDigest: Buffer;
  readonly admissions: Set<Admission<Seat>>;
  refused: number;
}

/** Who may sign in at the local broker and what each may do there: several grants of one user add up. */
export class GrantBook<Seat> {
  readonly #users = new Map<string, User<Seat>>();

  get isEmpty(): boolean {
    return this.#users.size === 0;
  }

  has(username: string): boolean {
    return this.#users.has(username);
  }

  /** Throws FatalError `invalid-grant` | `grant-conflict` (the user has another password in a grant that is taken). */
  add(grant: BrokerGrant, seat: Seat): Admission<Seat> {
    checkGrant(grant);
    const passwordDigest = digest(grant.password);
    const known = this.#users.get(grant.username);
    if (known && !timingSafeEqual(known.passwordDigest, passwordDigest)) {
      throw new FatalError(
        'grant-conflict',
        `another device uses the user name ${grant.username} at the local broker with another password; ` +
          'give each its own user name, or the same password to all that share one connection',
      );
    }
    const user = known ?? { passwordDigest, admissions: new Set(), refused: 0 };
    this.#users.set(grant.username, user);
    const admission = { grant, seat };
    user.admissions.add(admission);
    return admission;
  }

  /** True when that was the last grant of its user. */
  remove(admission: Admission<Seat>): boolean {
    const { username } = admission.grant;
    const user = this.#users.get(username);
    if (!user?.admissions.delete(admission) || user.admissions.size > 0) return false;
    return this.#users.delete(username);
  }

  /** Takes the same time whether the user exists or not. */
  verify(username: string, password: Uint8Array): boolean {
    const user = this.#users.get(username);
    const isEqual = timingSafeEqual(digest(password), user?.passwordDigest ?? nobody);
    return isEqual && user !== undefined;
  }

  /** Notes a sign-in that was refused; names that nobody has are not counted. */
  noteRefusal(username: string): void {
    const user = this.#users.get(username);
    if (user) user.refused++;
  }

  /** Sign-ins that were refused since the user has a grant. */
  refusals(username: string): number {
    return this.#users.get(username)?.refused ?? 0;
  }

  admissions(username: string): readonly Admission<Seat>[] {
    return [...(this.#users.get(username)?.admissions ?? [])];
  }

  /** Grants of this user that may publish `topic`: their seats get the message. */
  publishers(username: string, topic: string): readonly Admission<Seat>[] {
    return this.admissions(username).filter(({ grant }) => grant.publish.some((filter) => matchesTopic(filter, topic)));
  }

  maySubscribe(username: string, filter: string): boolean {
    return this.admissions(username).some(({ grant }) =>
      grant.subscribe.some((granted) => coversFilter(granted, filter)),
    );
  }

  mayReceive(username: string, topic: string): boolean {
    return this.maySubscribe(username, topic);
  }
}

const nobody = digest('');

function digest(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}

function checkGrant({ username, password, publish, subscribe }: BrokerGrant): void {
  const refuse = (what: string): never => {
    throw new FatalError('invalid-grant', `the local broker cannot admit a device: ${what}`);
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 separates user and client in the names of the engine.
  if (!username || username.length > maxTextLength || /[\u0000-\u001f]/.test(username))
    refuse('its user name is empty, too long or has control characters');
  if (!password || password.length > maxTextLength) refuse('its password is empty or longer than 512 characters');
  if (publish.length > maxFilters || subscribe.length > maxFilters) refuse(`more than ${maxFilters} topic filters`);
  for (const filter of [...publish, ...subscribe]) {
    if (!isTopicFilter(filter)) refuse(`${JSON.stringify(filter.slice(0, 100))} is no topic filter`);
  }
}
