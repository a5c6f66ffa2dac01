import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { XmlElement } from '../../../protocols/onvif/xml.ts';
import { findIn, textIn } from './soap.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a camera accepts: WS-Security tokens, HTTP digest, or either. */
export type SignInMode = 'either' | 'token' | 'digest';

export interface SignIn {
  /** `accepted`, or how to refuse: `challenge` is status 401 with the headers below, `fault` is 400 with NotAuthorized. */
  check(method: string, uri: string, headers: IncomingHttpHeaders, header: XmlElement | undefined): Verdict;
  /** For a picture: there is no SOAP header there. */
  checkFetch(method: string, uri: string, headers: IncomingHttpHeaders): Verdict;
  challenges(): string[];
  /** How often somebody came with wrong credentials; a real camera locks the account after a few. */
  readonly failures: number;
  /** Who was let in last; undefined where everybody is. */
  readonly user: string | undefined;
  /** While set, even the right password is refused. */
  isRefusing: boolean;
}

type Verdict = 'accepted' | 'challenge' | 'fault';

interface SignInOptions {
  readonly credentials: Credentials | undefined;
  /** The password of an account as it is now; undefined for one that is not there. */
  readonly passwordOf: (username: string) => string | undefined;
  readonly mode: SignInMode;
  /** Offers only Basic for pictures, as older cameras do. */
  readonly basicPictures: boolean;
  /** `modern` offers SHA-256 and MD5 with an opaque value; `plain` one MD5 challenge without, as most cameras in use do. */
  readonly digestStyle: 'modern' | 'plain';
  /** Uses after which a nonce is stale. */
  readonly nonceUses: number;
  readonly now: () => number;
}

const realm = 'Edufleet Sim';
/** With a comma, which must not end anything. */
const opaque = 'a,b';
const toleranceMs = 5_000;
const maxSeen = 10_000;

/** Checks both kinds of sign-in by the letter, with its own arithmetic. */
export function createSignIn(options: SignInOptions): SignIn {
  const { credentials, mode } = options;
  const nonces = new Map<string, number>();
  const seenTokens = new Set<string>();
  let failures = 0;
  let isStale = false;
  let user: string | undefined;

  const self: SignIn = {
    isRefusing: false,
    get failures() {
      return failures;
    },
    get user() {
      return user;
    },
    check: (method, uri, headers, header) => {
      if (!credentials && !self.isRefusing) return 'accepted';
      const authorization = headers.authorization;
      if (authorization?.startsWith('Digest ') && mode !== 'token') {
        return count(checkDigest(method, uri, authorization), 'challenge');
      }
      const token = findIn(header, 'UsernameToken');
      if (token && mode !== 'digest') return count(checkToken(token), 'fault');
      return mode === 'token' ? 'fault' : 'challenge';
    },
    checkFetch: (method, uri, headers) => {
      if (!credentials && !self.isRefusing) return 'accepted';
      const { authorization } = headers;
      if (authorization?.startsWith('Digest ') && !options.basicPictures) {
        return count(checkDigest(method, uri, authorization), 'challenge');
      }
      if (authorization?.startsWith('Basic ') && options.basicPictures && credentials) {
        const password = options.passwordOf(credentials.username);
        const expected = Buffer.from(`${credentials.username}:${password}`).toString('base64');
        return count(!self.isRefusing && authorization === `Basic ${expected}`, 'challenge');
      }
      return 'challenge';
    },
    challenges: () => {
      if (options.basicPictures) return [`Basic realm="${realm}", charset="UTF-8"`];
      const nonce = randomBytes(16).toString('hex');
      nonces.set(nonce, 0);
      if (nonces.size > maxSeen) nonces.delete(nonces.keys().next().value ?? '');
      const stale = isStale ? ', stale=true' : '';
      isStale = false;
      if (options.digestStyle === 'plain') return [`Digest realm="${realm}", qop="auth", nonce="${nonce}"${stale}`];
      return ['SHA-256', 'MD5'].map(
        (name) =>
          `Digest realm="${realm}", qop="auth", algorithm=${name}, nonce="${nonce}", opaque="${opaque}"${stale}`,
      );
    },
  };

  function count(isRight: boolean, refusal: Verdict): Verdict {
    if (isRight) return 'accepted';
    if (!isStale) failures += 1;
    return refusal;
  }

  function checkToken(token: XmlElement): boolean {
    const created = textIn(token, 'Created');
    const nonce = Buffer.from(textIn(token, 'Nonce'), 'base64');
    const username = textIn(token, 'Username');
    const password = options.passwordOf(username);
    const sum = createHash('sha1').update(nonce).update(`${created}${password}`).digest('base64');
    const isFresh = Math.abs(Date.parse(created) - options.now()) <= toleranceMs && !seenTokens.has(sum);
    // The sum alone: a part of the request would hold all of it in memory.
    if (seenTokens.size < maxSeen) seenTokens.add(sum);
    const isRight =
      !self.isRefusing && isFresh && nonce.length >= 8 && password !== undefined && textIn(token, 'Password') === sum;
    if (isRight) user = username;
    return isRight;
  }

  function checkDigest(method: string, uri: string, authorization: string): boolean {
    const fields = new Map(
      [...authorization.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map((match) => [
        match[1] ?? '',
        match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '',
      ]),
    );
    const field = (name: string) => fields.get(name) ?? '';
    const uses = nonces.get(field('nonce'));
    if (uses === undefined || uses >= options.nonceUses) {
      isStale = uses !== undefined;
      return false;
    }
    nonces.set(field('nonce'), uses + 1);
    const algorithm = field('algorithm') === 'SHA-256' ? 'sha256' : 'md5';
    const hash = (text: string) => createHash(algorithm).update(text).digest('hex');
    const username = field('username');
    const password = options.passwordOf(username);
    const first = hash(`${username}:${realm}:${password}`);
    const second = hash(`${method}:${uri}`);
    const rest = [field('nonce'), field('nc'), field('cnonce'), field('qop'), second].join(':');
    const isRight =
      !self.isRefusing &&
      password !== undefined &&
      field('realm') === realm &&
      field('uri') === uri &&
      field('qop') === 'auth' &&
      field('opaque') === (options.digestStyle === 'plain' ? '' : opaque) &&
      field('response') === hash(`${first}:${rest}`);
    if (isRight) user = username;
    return isRight;
  }

  return self;
}
