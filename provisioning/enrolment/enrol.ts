import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { FatalError } from '../../protocols/errors.ts';
import {
  type EnrolRequest,
  type EnrolResponse,
  enrolResponseSchema,
  type RenewResponse,
  renewResponseSchema,
} from '../../protocols/fleet/enrolment.ts';
import type { Clock } from '../../protocols/ports.ts';
import { type ClientCredentials, openTls, parseJson, requestHub } from './hub-request.ts';
import { certificateRequest, newKeyPem } from './key-pair.ts';
import { namesRoot, parseVoucherCode, type VoucherCode } from './voucher-code.ts';

export interface EnrolOptions extends Pick<EnrolRequest, 'fingerprint' | 'agentVersion' | 'hostname' | 'hostFamily'> {
  /** `https://host:port` of the hub's gateway. */
  readonly hubUrl: string;
  /** The code as it was typed. */
  readonly voucher: string;
  /** PKCS#8 PEM of an EC P-256 key to certify; a new one is made without it. The hub answers the same key again the same. */
  readonly keyPem?: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** What enrolment gives: the hub's answer and the key that it is about. */
export interface Enrolled extends EnrolResponse {
  readonly keyPem: string;
}

const timeoutMs = 30_000;
/** Certificates in a presented chain that we look at. */
const maxChain = 8;

/**
 * Makes a key on this machine and has it certified for the secret of a voucher. The secret is handed only to a hub whose
 * chain ends in the root that the voucher names; there is no trust on first use.
 * Throws FatalError `invalid-voucher` | `hub-not-trusted` | `hub-answer` and what the hub refuses with; RecoverableError
 * `hub-unreachable` | `timeout`.
 */
export async function enrol(options: EnrolOptions): Promise<Enrolled> {
  const voucher = parseVoucherCode(options.voucher);
  const root = await pinnedRoot(options, voucher);
  const keyPem = options.keyPem ?? newKeyPem();
  const body: EnrolRequest = {
    voucher: voucher.secret,
    csr: await certificateRequest(keyPem, options.hostname),
    fingerprint: options.fingerprint,
    agentVersion: options.agentVersion,
    hostname: options.hostname,
    hostFamily: options.hostFamily,
  };
  const answer = await requestHub({
    method: 'POST',
    url: new URL('/enrol', options.hubUrl).href,
    contentType: 'application/json',
    body: JSON.stringify(body),
    authorities: [root],
    timeoutMs,
    clock: options.clock,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const parsed = enrolResponseSchema.safeParse(parseJson(answer));
  if (!parsed.success) throw badAnswer(parsed.error);
  requireOwnCertificate(parsed.data, keyPem);
  if (
    !parsed.data.chain.some(
      (pem) => fingerprintOf(new X509Certificate(pem)) === fingerprintOf(new X509Certificate(root)),
    )
  ) {
    throw new FatalError('hub-answer', 'the hub gave a chain that does not end in its own root');
  }
  return { ...parsed.data, keyPem };
}

export interface RenewOptions {
  readonly gatewayUrl: string;
  readonly agentId: string;
  readonly credentials: ClientCredentials;
  readonly authorities: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A new certificate for the same key. Throws as `enrol` does. */
export async function renew(options: RenewOptions): Promise<RenewResponse> {
  const { credentials } = options;
  const answer = await requestHub({
    method: 'POST',
    url: new URL('/renew', options.gatewayUrl).href,
    contentType: 'application/json',
    body: JSON.stringify({ csr: await certificateRequest(credentials.key, options.agentId) }),
    authorities: options.authorities,
    credentials,
    timeoutMs,
    clock: options.clock,
    signal: options.signal,
  });
  const parsed = renewResponseSchema.safeParse(parseJson(answer));
  if (!parsed.success) throw badAnswer(parsed.error);
  requireOwnCertificate(parsed.data, credentials.key);
  requireSameRoot(parsed.data, options.authorities);
  return parsed.data;
}

/**
 * The root that the voucher names, out of the chain that the hub presents. Nothing is sent on this connection; the request
 * itself goes over a second one that trusts this root alone, so that chain and name are checked in full.
 */
async function pinnedRoot(options: EnrolOptions, voucher: VoucherCode): Promise<string> {
  const url = URL.parse(options.hubUrl);
  if (!url) throw new FatalError('invalid-url', `${options.hubUrl.slice(0, 200)} is no address of a hub`);
  using deadline = options.clock.deadline(timeoutMs, options.signal);
  const socket = await openTls(url, deadline.signal, { rejectUnauthorized: false });
  try {
    for (const certificate of presentedChain(socket.getPeerX509Certificate())) {
      if (namesRoot(voucher, fingerprintOf(certificate))) return certificate.toString();
    }
  } finally {
    socket.destroy();
  }
  throw new FatalError(
    'hub-not-trusted',
    `${url.host} is not the hub that made this voucher, or something stands between; nothing was handed over`,
  );
}

function presentedChain(leaf: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = leaf; next && chain.length < maxChain; next = next.issuerCertificate) {
    chain.push(next);
    if (next.issuerCertificate === next) break;
  }
  return chain;
}

function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

function requireOwnCertificate({ certificate, chain }: RenewResponse, keyPem: string): void {
  const own = new X509Certificate(certificate);
  const isOurs = own.checkPrivateKey(createPrivateKey(keyPem));
  const isIssued = chain.some((pem) => own.checkIssued(new X509Certificate(pem)));
  if (!isOurs || !isIssued)
    throw new FatalError('hub-answer', 'the hub certified another key, or not by its own authority');
}

/** Whoever holds the hub's key for connections alone must not put another root in place of the one that was enrolled under. */
function requireSameRoot({ chain }: RenewResponse, authorities: readonly string[]): void {
  const rootOf = (pems: readonly string[]) => fingerprintOf(new X509Certificate(pems.at(-1) ?? ''));
  if (rootOf(chain) !== rootOf(authorities))
    throw new FatalError(
      'hub-answer',
      'the hub renewed under another root than this machine was enrolled with; enrol it again if that is meant',
    );
}

function badAnswer(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}) {
  const issue = error.issues[0];
  return new FatalError(
    'hub-answer',
    `the hub answered what cannot be read: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}
