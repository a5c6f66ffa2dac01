/** Ports through which a driver reaches its device. Every read is bounded in bytes and time; every wait can be aborted. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A byte stream. `read` resolves with the next chunk, or undefined after the peer has closed. */
export interface TcpConnection extends AsyncDisposable {
  /** Writes all bytes. Throws RecoverableError `connection-lost`. */
  write(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Throws RecoverableError `connection-lost`, or the signal's reason. */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

/** TLS, in which this side is the client. */
export interface TlsOptions {
  /** SHA-256 of the peer's certificate in lower hex; when given, exactly this certificate is accepted. */
  readonly pinnedCertificate?: string;
  /** What the peer sends in the clear before the handshake, for protocols that begin so; never part of what is read. */
  readonly greeting?: Uint8Array;
}

export interface TcpPort {
  /**
   * Throws RecoverableError `connection-refused` | `unreachable` | `timeout`, FatalError `address-not-allowed`; with TLS also
   * RecoverableError `tls-timeout` | `unexpected-greeting` | `connection-lost`, FatalError `certificate-mismatch` |
   * `certificate-not-trusted`.
   */
  connect(
    address: Address,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly tls?: TlsOptions },
  ): Promise<TcpConnection>;
}

export interface Datagram {
  readonly bytes: Uint8Array;
  /** Who really sent it: the only address in a datagram that can be believed. */
  readonly from: Address;
}

export interface UdpSocket extends AsyncDisposable {
  readonly port: number;
  send(bytes: Uint8Array, to: Address): Promise<void>;
  /** The next datagram; those beyond the socket's bound of 256 waiting ones are dropped, newest first. */
  receive(signal?: AbortSignal): Promise<Datagram>;
}

export interface UdpPort {
  /** Throws RecoverableError when the port cannot be had, as when another program holds it. */
  open(options: {
    readonly port?: number;
    /** Together with every other socket of this agent that opens `port` so; each gets what arrives. */
    readonly shared?: boolean;
    /** An IPv4 address: what any other host sends is not for this socket. */
    readonly from?: string;
    readonly broadcast?: boolean;
    readonly multicast?: string;
    readonly maxBytes?: number;
  }): Promise<UdpSocket>;
}

/** A body that is read while it is sent, for what does not fit into memory. */
export interface HttpStream {
  readonly sizeBytes: number;
  /** Its content from the beginning; a request that is made again reads it again. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | HttpStream;
  readonly timeoutMs: number;
  /** Longest body that is read; a longer one throws RecoverableError `response-too-large`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** SHA-256 of the peer's certificate in lower hex; when given, exactly this certificate is accepted. */
  readonly pinnedCertificate?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; several `www-authenticate` headers stay separate entries. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Uint8Array;
}

export interface HttpPort {
  /** Never follows a redirect. Throws RecoverableError `connection-refused` | `unreachable` | `timeout` | `connection-lost` | `response-too-large`. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

export interface WebSocketOptions {
  /** `/` unless given. */
  readonly path?: string;
  /** The subprotocol to agree on; a peer that agrees to none or another is refused. */
  readonly protocol: string;
  readonly timeoutMs: number;
  /** Longest message that is read; a longer one ends the connection with RecoverableError `response-too-large`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Text messages in both directions. */
export interface WebSocketConnection extends AsyncDisposable {
  /** Throws RecoverableError `connection-lost`. */
  send(text: string, signal?: AbortSignal): Promise<void>;
  /**
   * The next message. Throws RecoverableError `connection-lost` (with `closeCode` and `reason` in its details once the peer
   * has closed), `response-too-large` or `malformed`, or the signal's reason.
   */
  receive(signal?: AbortSignal): Promise<string>;
}

export interface WebSocketPort {
  /**
   * Throws RecoverableError `connection-refused` | `unreachable` | `timeout` | `handshake-timeout` (connected, then silent) |
   * `connection-lost` | `malformed` (the peer speaks something else), FatalError `address-not-allowed`.
   */
  connect(address: Address, options: WebSocketOptions): Promise<WebSocketConnection>;
}

export interface Network {
  readonly tcp: TcpPort;
  readonly udp: UdpPort;
  readonly http: HttpPort;
  readonly websocket: WebSocketPort;
}
