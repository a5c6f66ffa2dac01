import { createHash } from 'node:crypto';
import { ProtocolError } from '../bytes/error.ts';

/** One challenge of a WWW-Authenticate header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A digest challenge that can be answered. */
export interface DigestChallenge {
  readonly algorithm: DigestAlgorithm;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** False for devices that follow RFC 2069 and offer no quality of protection. */
  readonly hasQop: boolean;
}

type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

export interface DigestInput {
  readonly challenge: DigestChallenge;
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** Path and query exactly as in the request line. */
  readonly uri: string;
  /** Random, of characters that need no quoting. */
  readonly clientNonce: string;
  /** How often this nonce was answered, 1 up. */
  readonly nonceCount: number;
}

/** Strongest first [RFC 7616 section 3.7: the client picks by its own preference]. */
const algorithms: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'];

/** More challenges or a longer header than this are not read. */
const maxChallenges = 16;
const maxHeaderLength = 8 * 1024;

// token and quoted-string of RFC 9110 sections 5.6.2 and 5.6.4; sticky, so that every step eats what it matched.
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const parameterPattern = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^ \t,"]+))/sy;
const token68Pattern = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const separators = /[ \t,]*/y;

/**
 * Reads the values of all WWW-Authenticate headers of one response [RFC 9110 section 11.6.1]: each may hold several challenges.
 * Throws ProtocolError `malformed` | `oversize`.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (const header of headers.slice(0, maxChallenges)) {
    if (header.length > maxHeaderLength) throw new ProtocolError('oversize', 'the WWW-Authenticate header is too long');
    challenges.push(...parseHeader(header));
  }
  return challenges.slice(0, maxChallenges);
}

function parseHeader(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let at = skip(separators, header, 0);
  while (at < header.length) {
    const scheme = matchAt(token, header, at);
    if (!scheme) throw new ProtocolError('malformed', 'the WWW-Authenticate header does not start with a scheme');
    at += scheme[0].length;
    at = skip(token68Pattern, header, at);
    at = skip(separators, header, at);
    const parameters = new Map<string, string>();
    for (let next = matchAt(parameterPattern, header, at); next; next = matchAt(parameterPattern, header, at)) {
      const [whole, name = '', quoted, bare] = next;
      if (!parameters.has(name.toLowerCase())) {
        parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? bare ?? '');
      }
      at = skip(separators, header, at + whole.length);
    }
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters });
  }
  return challenges;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (matchAt(pattern, text, at)?.[0].length ?? 0);
}

/** The strongest digest challenge that we can answer; undefined when there is none. */
export function pickDigest(challenges: readonly Challenge[]): DigestChallenge | undefined {
  const usable = challenges.flatMap((challenge) => digestOf(challenge) ?? []);
  return usable.sort((a, b) => algorithms.indexOf(a.algorithm) - algorithms.indexOf(b.algorithm))[0];
}

function digestOf({ scheme, parameters }: Challenge): DigestChallenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return undefined;
  const named = (parameters.get('algorithm') ?? 'MD5').toLowerCase();
  const algorithm = algorithms.find((candidate) => candidate.toLowerCase() === named);
  const qop = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[ \t,]+/);
  if (!algorithm || (qop && !qop.includes('auth'))) return undefined;
  return {
    algorithm,
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    hasQop: qop !== undefined,
  };
}

/** The Authorization header that answers a digest challenge, quality of protection `auth` [RFC 7616 section 3.4]. */
export function digestAuthorization(input: DigestInput): string {
  const { challenge, username, method, uri, clientNonce } = input;
  const { algorithm, realm, nonce, opaque, hasQop } = challenge;
  const count = input.nonceCount.toString(16).padStart(8, '0');
  const hash = (text: string) =>
    createHash(algorithm.startsWith('SHA-256') ? 'sha256' : 'md5')
      .update(text, 'utf8')
      .digest('hex');
  const secret = hash(`${username}:${realm}:${input.password}`);
  const key = algorithm.endsWith('-sess') ? hash(`${secret}:${nonce}:${clientNonce}`) : secret;
  const request = hash(`${method}:${uri}`);
  // Without qop the older formula holds [RFC 2617 section 3.2.2.1].
  const response = hash(
    hasQop ? `${key}:${nonce}:${count}:${clientNonce}:auth:${request}` : `${key}:${nonce}:${request}`,
  );
  const fields = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(hasQop ? ['qop=auth', `nc=${count}`] : []),
    ...(hasQop || algorithm.endsWith('-sess') ? [`cnonce=${quote(clientNonce)}`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** The Authorization header of the Basic scheme: the password in the clear, for TLS or by the owner's word [RFC 7617 section 2]. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** quoted-string. What no header can carry is a mistake of configuration, or an attack through a challenge. */
function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not carry control characters
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new ProtocolError('malformed', 'a control character in a value of HTTP authentication');
  }
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
