import { ProtocolError } from '../../../../protocols/bytes/error.ts';
import type { Clock } from '../../../../protocols/ports.ts';
import {
  maxDocumentBytes,
  parseDocument,
  parseErrorMessage,
  type RedfishDocument,
} from '../../../../protocols/redfish/document.ts';
import { parseSession, type Session, sessionRequest } from '../../../../protocols/redfish/service.ts';
import type { HttpPort, HttpRequest, HttpResponse } from '../../driver.ts';
import { DeviceError, type DeviceErrorCode, toDeviceError } from '../../error.ts';

export interface RedfishClientOptions {
  /** `https://host:port`, or `http://` where the settings allow it. Paths are appended; nothing else is ever asked. */
  readonly origin: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly pinnedCertificate: string | undefined;
}

interface Ports {
  readonly http: HttpPort;
  readonly clock: Clock;
}

type Method = 'GET' | 'POST' | 'DELETE';

const requestTimeoutMs = 10_000;
/** Giving a session back may not hold up the end of the agent. */
const farewellTimeoutMs = 2_000;
const maxErrorBytes = 64 * 1024;

const statusCodes: Readonly<Record<number, DeviceErrorCode>> = {
  401: 'authentication',
  403: 'authentication',
  404: 'unsupported',
  405: 'unsupported',
  409: 'busy',
  410: 'unsupported',
  423: 'busy',
  429: 'busy',
  501: 'unsupported',
  503: 'busy',
};

/**
 * Speaks HTTP to one service: a session of its SessionService (DSP0266 section 13.3.4), which is given back at the end, or
 * Basic where the service has none. A session that has run out is opened again, once a request.
 */
export class RedfishClient implements AsyncDisposable {
  readonly #ports: Ports;
  readonly #options: RedfishClientOptions;
  #session: Session | undefined;
  #usesBasic = false;
  #sessionsPath: string | undefined;

  constructor(ports: Ports, options: RedfishClientOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** Where sessions are made, of the service root; undefined makes it sign in by Basic. */
  set sessionsPath(path: string | undefined) {
    this.#sessionsPath = path;
    this.#usesBasic = path === undefined;
  }

  /** Reads one resource. The service root needs no sign-in (DSP0266 section 13.3.1). Throws DeviceError. */
  async get(path: string, signal: AbortSignal, isAnonymous = false): Promise<RedfishDocument> {
    const response = await this.#signedIn('GET', path, undefined, signal, isAnonymous);
    if (response.status !== 200) throw statusError(response, `GET ${path}`);
    return readBody(response, path);
  }

  /** Sends one action, once; what was refused for want of a session was not carried out, and is sent again with one. Throws DeviceError. */
  async post(path: string, body: string, signal: AbortSignal): Promise<void> {
    const response = await this.#signedIn('POST', path, body, signal, false);
    if (response.status === 403) {
      throw new DeviceError('unavailable', 'the account of the controller may read, and may not do this');
    }
    if (response.status < 200 || response.status > 299) throw statusError(response, `POST ${path}`);
  }

  /** Gives the session back. Never throws: a service keeps few sessions, and ends them by itself after a while. */
  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session?.path) return;
    using deadline = this.#ports.clock.deadline(farewellTimeoutMs);
    try {
      const headers = { 'x-auth-token': session.token };
      await this.#send('DELETE', session.path, undefined, headers, deadline.signal);
    } catch (thrown) {
      if (!(toDeviceError(thrown, 'giving the session back') instanceof DeviceError) && !deadline.signal.aborted)
        throw thrown;
    }
  }

  async #signedIn(
    method: Method,
    path: string,
    body: string | undefined,
    signal: AbortSignal,
    isAnonymous: boolean,
  ): Promise<HttpResponse> {
    if (isAnonymous || !this.#options.credentials) return await this.#talk(method, path, body, {}, signal);
    const hadSession = this.#session !== undefined;
    const first = await this.#talk(method, path, body, await this.#authorization(signal), signal);
    if (first.status !== 401 || !hadSession) return first;
    this.#session = undefined;
    return await this.#talk(method, path, body, await this.#authorization(signal), signal);
  }

  async #authorization(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    if (!this.#usesBasic) this.#session ??= await this.#openSession(signal);
    const { credentials } = this.#options;
    if (this.#session) return { 'x-auth-token': this.#session.token };
    const pair = Buffer.from(`${credentials?.username}:${credentials?.password}`, 'utf8').toString('base64');
    return { authorization: `Basic ${pair}` };
  }

  /** Undefined for a service that makes no sessions after all: Basic is used from then on. */
  async #openSession(signal: AbortSignal): Promise<Session | undefined> {
    const { credentials } = this.#options;
    const path = this.#sessionsPath;
    if (!path || !credentials) return undefined;
    const body = sessionRequest(credentials.username, credentials.password);
    const response = await this.#talk('POST', path, body, {}, signal);
    if (response.status === 404 || response.status === 405 || response.status === 501) {
      this.#usesBasic = true;
      return undefined;
    }
    // Some services answer a wrong password with 400.
    if (response.status === 400) {
      throw new DeviceError('authentication', 'the controller refuses user and password', { details: { status: 400 } });
    }
    if (response.status < 200 || response.status > 299) throw statusError(response, 'signing in');
    const session = parseSession(response.headers);
    if (!session) throw new DeviceError('protocol', 'the controller opens a session and gives no token for it');
    return session;
  }

  async #talk(
    method: Method,
    path: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    using deadline = this.#ports.clock.deadline(requestTimeoutMs, signal);
    try {
      return await this.#send(method, path, body, headers, deadline.signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) throw new DeviceError('timeout', `${method} ${path}: no answer in time`);
      throw toDeviceError(thrown, `${method} ${path}`);
    }
  }

  #send(
    method: Method,
    path: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { origin, pinnedCertificate } = this.#options;
    const request: HttpRequest = {
      method,
      url: `${origin}${path}`,
      headers: {
        accept: 'application/json',
        // DSP0266 section 6.6: which protocol version the client speaks.
        'odata-version': '4.0',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      timeoutMs: requestTimeoutMs,
      maxBytes: maxDocumentBytes,
      signal,
      ...(body === undefined ? {} : { body }),
      ...(pinnedCertificate === undefined ? {} : { pinnedCertificate }),
    };
    return this.#ports.http.request(request);
  }
}

function readBody(response: HttpResponse, path: string): RedfishDocument {
  try {
    return parseDocument(response.body);
  } catch (thrown) {
    throw toDeviceError(thrown, `GET ${path}`);
  }
}

/** What a status means; with the words of the service where it gives any (DSP0266 section 8.6). */
function statusError(response: HttpResponse, doing: string): DeviceError {
  const { status } = response;
  const code = statusCodes[status] ?? (status >= 500 ? 'device-fault' : status >= 400 ? 'unsupported' : 'protocol');
  const said = errorMessage(response);
  const words = said === undefined ? '' : `: ${said.message}`;
  return new DeviceError(code, `${doing}: the controller answers with HTTP status ${status}${words}`, {
    details: { status, ...(said === undefined ? {} : { message: said.id }) },
  });
}

function errorMessage({ body }: HttpResponse): ReturnType<typeof parseErrorMessage> {
  if (body.length === 0 || body.length > maxErrorBytes) return undefined;
  try {
    return parseErrorMessage(parseDocument(body));
  } catch (thrown) {
    // The status says enough; an error page of a web server is no error of its own.
    if (thrown instanceof ProtocolError) return undefined;
    throw thrown;
  }
}
