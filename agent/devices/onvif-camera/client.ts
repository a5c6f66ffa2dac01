import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { getSystemDateAndTime } from '../../../protocols/onvif/device.ts';
import {
  basicAuthorization,
  type DigestChallenge,
  digestAuthorization,
  parseChallenges,
  pickDigest,
} from '../../../protocols/onvif/http-digest.ts';
import {
  buildEnvelope,
  isNotAuthorized,
  parseReply,
  readAnswer,
  type SoapOperation,
  type SoapReply,
  soapContentType,
} from '../../../protocols/onvif/soap.ts';
import { getUsers } from '../../../protocols/onvif/upkeep/accounts.ts';
import { type MtomMessage, parseMtom } from '../../../protocols/onvif/upkeep/multipart.ts';
import { usernameToken } from '../../../protocols/onvif/ws-security.ts';
import { maxMessageBytes } from '../../../protocols/onvif/xml.ts';
import type { XmlMarkup } from '../../../protocols/onvif/xml-markup.ts';
import type { DriverContext, HttpRequest, HttpResponse } from '../driver.ts';
import { DeviceError } from '../error.ts';
import { deviceServicePath, type Location, type Origin, urlOf } from './address.ts';
import { faultError, statusError, toDeviceError } from './failure.ts';

export interface ClientOptions {
  readonly origin: Origin;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** For one request; milliseconds. */
  readonly timeoutMs: number;
  /** Whether the password may go in the clear over plain HTTP, where a camera offers nothing better for pictures. */
  readonly allowPlainPassword: boolean;
  readonly pinnedCertificate: string | undefined;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** SOAP header blocks beside those of sign-in. */
  readonly headers?: readonly XmlMarkup[];
  /** Sends no credentials: for the few requests that need none. */
  readonly isAnonymous?: boolean;
  /** Sends the envelope together with something else. */
  readonly pack?: (envelope: string, action: string) => Parcel;
}

/** What goes into the body of a request. */
export interface Parcel {
  readonly contentType: string;
  readonly body: NonNullable<HttpRequest['body']>;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  /** For the whole file; milliseconds. */
  readonly timeoutMs: number;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

/** The challenge that is being answered, and how often it was. */
interface DigestState {
  readonly challenge: DigestChallenge;
  count: number;
}

/** An answer, and the whole message where it came with attachments. */
export interface AnswerWithParts<Result> {
  readonly result: Result;
  readonly message: MtomMessage | undefined;
}

type Credentials = NonNullable<ClientOptions['credentials']>;
type Channel = 'soap' | 'picture' | 'file';
type Ports = Pick<DriverContext, 'clock' | 'http'>;
type Outgoing = Pick<HttpRequest, 'method' | 'headers' | 'body' | 'maxBytes'> & { readonly timeoutMs: number };

/** Clocks that differ by less than this are the same: ONVIF tells whole seconds. */
const clockToleranceMs = 1_500;

/**
 * Speaks SOAP to one camera and knows how it wants us to sign in: a WS-Security token first, HTTP digest once it asks
 * for that [ONVIF Core 5.9.1]. At most two attempts carry a wrong password per call, because cameras lock accounts.
 */
export class OnvifClient {
  readonly #ports: Ports;
  readonly #options: ClientOptions;
  #clockOffsetMs = 0;
  /** Kept apart: some cameras want a token in SOAP and digest for pictures. */
  readonly #digests: Record<Channel, DigestState | undefined> = {
    soap: undefined,
    picture: undefined,
    file: undefined,
  };

  constructor(ports: Ports, options: ClientOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  get origin(): Origin {
    return this.#options.origin;
  }

  /** The place of the device service at the enrolled address. */
  get deviceService(): Location {
    return { port: this.#options.origin.port, path: deviceServicePath };
  }

  /**
   * Asks for the camera's clock, without credentials, and remembers how far it is off: tokens must carry its time.
   * Returns device clock minus agent clock in milliseconds; undefined when the camera does not tell. Throws DeviceError.
   */
  async readClock(signal: AbortSignal): Promise<number | undefined> {
    const before = this.#ports.clock.now();
    const deviceNow = await this.call(this.deviceService, getSystemDateAndTime(), { signal, isAnonymous: true });
    if (deviceNow === undefined) return undefined;
    const agentNow = (before + this.#ports.clock.now()) / 2;
    // The camera cuts off the part of its second, half of one on average.
    this.#clockOffsetMs = deviceNow + 500 - agentNow;
    return this.#clockOffsetMs;
  }

  /** Asks one question. Throws DeviceError; its details hold the kind of a SOAP fault. */
  async call<Result>(location: Location, operation: SoapOperation<Result>, options: CallOptions): Promise<Result> {
    return (await this.callWithParts(location, operation, options)).result;
  }

  /** The same, with the attachments of the answer. */
  async callWithParts<Result>(
    location: Location,
    operation: SoapOperation<Result>,
    options: CallOptions,
  ): Promise<AnswerWithParts<Result>> {
    try {
      return await this.#exchange(location, operation, options);
    } catch (thrown) {
      throw toDeviceError(thrown);
    }
  }

  /** Fetches a file of the camera, such as a picture. Throws DeviceError. */
  async fetch(location: Location, options: FetchOptions): Promise<Uint8Array> {
    try {
      let response = await this.#signedIn('picture', () => this.#get(location, options));
      if (response.status === 401) response = await this.#fetchWithBasic(location, options, response);
      if (response.status !== 200) throw statusError(response.status);
      return response.body;
    } catch (thrown) {
      throw toDeviceError(thrown);
    }
  }

  /**
   * Sends a file, such as a firmware image, and returns the HTTP status that answers it; 401 only when the camera refuses us.
   * A challenge is answered once, and the file is read again for that. Throws DeviceError.
   */
  async send(location: Location, parcel: Parcel, options: SendOptions): Promise<number> {
    // The challenge of SOAP is mostly good here too, and spares sending the whole file for nothing.
    this.#digests.file ??= this.#digests.soap;
    try {
      const response = await this.#signedIn('file', () =>
        this.#send(location, options.signal, {
          method: 'POST',
          headers: { 'content-type': parcel.contentType, ...this.#authorization('file', location) },
          body: parcel.body,
          timeoutMs: options.timeoutMs,
          maxBytes: maxMessageBytes,
        }),
      );
      return response.status;
    } catch (thrown) {
      throw toDeviceError(thrown);
    }
  }

  /**
   * Whether the camera lets `credentials` in, by exactly one attempt; undefined when that cannot be told, as with a camera that
   * lets everybody in. Our own sign-in goes before, so that no stale challenge is mistaken for a refusal. Throws DeviceError.
   */
  async accepts(credentials: Credentials, signal: AbortSignal): Promise<boolean | undefined> {
    try {
      if (await this.#isOpen(signal)) return undefined;
      await this.call(this.deviceService, getUsers(), { signal });
      const response = await this.#post(this.deviceService, getUsers(), { signal }, credentials);
      return verdictOf(response);
    } catch (thrown) {
      throw toDeviceError(thrown);
    }
  }

  /** Whether the camera tells its accounts to people who do not sign in. An attempt without credentials is no wrong one. */
  async isOpen(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#isOpen(signal);
    } catch (thrown) {
      throw toDeviceError(thrown);
    }
  }

  async #isOpen(signal: AbortSignal): Promise<boolean> {
    const response = await this.#post(this.deviceService, getUsers(), { signal, isAnonymous: true });
    return verdictOf(response) === true;
  }

  async #exchange<Result>(
    location: Location,
    operation: SoapOperation<Result>,
    options: CallOptions,
  ): Promise<AnswerWithParts<Result>> {
    const send = () => this.#post(location, operation, options);
    let response = await this.#signedIn('soap', send, options.isAnonymous);
    let reply = readReply(response, options.maxBytes);
    if (reply.kind === 'fault' && isNotAuthorized(reply.fault) && (await this.#hasNewClock(options))) {
      response = await this.#signedIn('soap', send, options.isAnonymous);
      reply = readReply(response, options.maxBytes);
    }
    if (reply.kind === 'fault') throw faultError(reply.fault, response.status);
    return { result: readAnswer(operation, reply.body), message: reply.message };
  }

  /** Sends, and answers a digest challenge once: also a nonce that has grown old comes back as a challenge with a new one. */
  async #signedIn(channel: Channel, send: () => Promise<HttpResponse>, isAnonymous = false): Promise<HttpResponse> {
    const used = this.#digests[channel]?.challenge.nonce;
    const first = await send();
    if (first.status !== 401 || isAnonymous || !this.#options.credentials) return first;
    const challenge = pickDigest(challengesOf(first));
    if (!challenge || challenge.nonce === used) return first;
    this.#digests[channel] = { challenge, count: 0 };
    const second = await send();
    if (second.status === 401) this.#digests[channel] = undefined;
    return second;
  }

  /** Whether a camera that refused us may have done so because of its clock: it is asked again, once per call. */
  async #hasNewClock(options: CallOptions): Promise<boolean> {
    if (options.isAnonymous || this.#digests.soap || !this.#options.credentials) return false;
    const before = this.#clockOffsetMs;
    await this.readClock(options.signal);
    return Math.abs(this.#clockOffsetMs - before) > clockToleranceMs;
  }

  #post(
    location: Location,
    operation: SoapOperation<unknown>,
    options: CallOptions,
    credentials = this.#options.credentials,
  ): Promise<HttpResponse> {
    const token = credentials && !this.#digests.soap && !options.isAnonymous ? [this.#token(credentials)] : [];
    const authorization = options.isAnonymous ? undefined : this.#authorization('soap', location, credentials);
    const envelope = buildEnvelope(operation.body, [...token, ...(options.headers ?? [])]);
    const { contentType, body } = options.pack?.(envelope, operation.action) ?? {
      contentType: soapContentType(operation.action),
      body: envelope,
    };
    return this.#send(location, options.signal, {
      method: 'POST',
      headers: { 'content-type': contentType, ...authorization },
      body,
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs,
      maxBytes: options.maxBytes ?? maxMessageBytes,
    });
  }

  #get(location: Location, options: FetchOptions): Promise<HttpResponse> {
    return this.#send(location, options.signal, {
      method: 'GET',
      headers: { ...this.#authorization('picture', location) },
      timeoutMs: this.#options.timeoutMs,
      maxBytes: options.maxBytes,
    });
  }

  /** Pictures of older cameras know Basic only. The password is told where nobody can listen, or where its owner allows it. */
  async #fetchWithBasic(location: Location, options: FetchOptions, refusal: HttpResponse): Promise<HttpResponse> {
    const { credentials, allowPlainPassword, origin, timeoutMs } = this.#options;
    const challenges = challengesOf(refusal);
    const offersBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (!credentials || !offersBasic || pickDigest(challenges)) return refusal;
    if (origin.scheme !== 'https' && !allowPlainPassword) {
      throw new DeviceError(
        'authentication',
        'the camera wants the password in the clear for its picture; the setting allowPlainPassword permits that',
      );
    }
    return await this.#send(location, options.signal, {
      method: 'GET',
      headers: { authorization: basicAuthorization(credentials.username, credentials.password) },
      timeoutMs,
      maxBytes: options.maxBytes,
    });
  }

  #token(credentials: { readonly username: string; readonly password: string }): XmlMarkup {
    const created = new Date(this.#ports.clock.now() + this.#clockOffsetMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return usernameToken({ ...credentials, nonce: randomBytes(16), created });
  }

  #authorization(
    channel: Channel,
    location: Location,
    credentials = this.#options.credentials,
  ): { readonly authorization: string } | undefined {
    const digest = this.#digests[channel];
    if (!digest || !credentials) return undefined;
    digest.count += 1;
    return {
      authorization: digestAuthorization({
        challenge: digest.challenge,
        ...credentials,
        method: channel === 'picture' ? 'GET' : 'POST',
        uri: location.path,
        clientNonce: randomBytes(16).toString('hex'),
        nonceCount: digest.count,
      }),
    };
  }

  async #send(location: Location, signal: AbortSignal, outgoing: Outgoing): Promise<HttpResponse> {
    const { origin, pinnedCertificate } = this.#options;
    using deadline = this.#ports.clock.deadline(outgoing.timeoutMs, signal);
    try {
      return await this.#ports.http.request({
        ...outgoing,
        url: urlOf(origin, location),
        signal: deadline.signal,
        ...(pinnedCertificate === undefined ? {} : { pinnedCertificate }),
      });
    } catch (thrown) {
      // Whatever the port says of an aborted request, the reason is ours: a deadline, or the end of the session.
      throw deadline.signal.aborted ? deadline.signal.reason : thrown;
    }
  }
}

function challengesOf(response: HttpResponse): ReturnType<typeof parseChallenges> {
  return parseChallenges(response.headers.get('www-authenticate') ?? []);
}

/** A fault may come with any status; what is no SOAP is judged by its status. */
function readReply(
  response: HttpResponse,
  maxBytes: number | undefined,
): SoapReply & { readonly message: MtomMessage | undefined } {
  try {
    const message = parseMtom(response.headers.get('content-type')?.[0], response.body);
    const reply = parseReply(message?.envelope ?? response.body, maxBytes);
    if (reply.kind === 'answer' && response.status !== 200) throw statusError(response.status);
    return { ...reply, message };
  } catch (thrown) {
    if (thrown instanceof ProtocolError && response.status !== 200) throw statusError(response.status);
    throw thrown;
  }
}

/** Whether an answer to who asks for the accounts shows that it was let in; undefined for an answer that tells neither. */
function verdictOf(response: HttpResponse): boolean | undefined {
  if (response.status === 401 || response.status === 403) return false;
  const reply = readReply(response, undefined);
  if (reply.kind === 'fault') return isNotAuthorized(reply.fault) ? false : undefined;
  readAnswer(getUsers(), reply.body);
  return true;
}
