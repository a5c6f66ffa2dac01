import type { PasskeyObstacle } from '../../../../protocols/api/access/passkeys.ts';
import { api } from './api.ts';

/** Where passkeys belong, as `GET /api/auth/sign-in/options` tells it. */
interface PasskeyAddress {
  readonly origin: string;
  readonly obstacle?: PasskeyObstacle | undefined;
}

/** Whether this page can use passkeys, or why it cannot. */
export type PasskeySupport = 'ready' | 'no-browser' | 'other-address' | PasskeyObstacle;

/** What the browser says of itself. */
interface BrowserFacts {
  readonly origin: string;
  readonly isSecure: boolean;
  /** It reads and writes passkeys as JSON (Web Authentication Level 3, 5.1.9 and 5.1.10). */
  readonly hasPasskeys: boolean;
}

/** What stands in the way is told by what a person could do about it: the address first, the browser last. Pure. */
export function passkeySupport({ origin, obstacle }: PasskeyAddress, browser: BrowserFacts): PasskeySupport {
  if (obstacle) return obstacle;
  if (browser.origin !== origin) return 'other-address';
  return browser.isSecure && browser.hasPasskeys ? 'ready' : 'no-browser';
}

export function browserFacts(): BrowserFacts {
  const { PublicKeyCredential: key } = window;
  const hasPasskeys =
    typeof key?.parseCreationOptionsFromJSON === 'function' && typeof key.parseRequestOptionsFromJSON === 'function';
  return { origin: window.location.origin, isSecure: window.isSecureContext, hasPasskeys };
}

/** The person closed the browser's own window, or let it wait too long (`NotAllowedError`, `AbortError`). */
export function isDismissed(thrown: unknown): boolean {
  return thrown instanceof DOMException && (thrown.name === 'NotAllowedError' || thrown.name === 'AbortError');
}

/** This phone or computer holds one of this person already. */
export function isKnownHere(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'InvalidStateError';
}

/** Lets the person choose a passkey and unlock it. Throws ApiError, DOMException. */
export async function signInByPasskey(signal: AbortSignal, mediation?: 'conditional') {
  const options = await api.beginPasskeySignIn(signal);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const found = await navigator.credentials.get({ publicKey, signal, ...(mediation ? { mediation } : {}) });
  return api.signInPasskey(jsonOf(found));
}

/** Makes a passkey on this phone, this computer or a stick. Throws ApiError, DOMException. */
export async function addPasskey(name: string, password: string) {
  const options = await api.beginPasskey(password);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  const made = await navigator.credentials.create({ publicKey });
  return api.addPasskey(name, jsonOf(made));
}

function jsonOf(credential: Credential | null): unknown {
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  throw new DOMException('the browser gave no passkey', 'NotAllowedError');
}
