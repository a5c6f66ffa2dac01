import type { Problem } from '../../protocols/fleet/problem.ts';
import type { Address } from '../platform/network.ts';

export type WirePort = 'tcp' | 'udp' | 'http' | 'websocket' | 'program';

/** What went one way, as the port of the driver knows it: below TLS nothing is seen, above it everything. */
export type WireContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'datagram'; readonly bytes: Uint8Array; readonly peer: Address }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'call'; readonly program: string; readonly args: readonly string[] }
  | { readonly kind: 'result'; readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Something that truly happened at a port of a driver, in the order in which it did. */
export type WireEvent = {
  /** Counts connections, sockets, exchanges and calls from 1. */
  readonly connection: number;
  /** Milliseconds since the start. */
  readonly atMs: number;
} & (
  | {
      readonly kind: 'opening';
      readonly port: WirePort;
      /** Absent for a socket that has no peer of its own. */
      readonly target?: Address;
      readonly isSecure: boolean;
    }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** We wait no longer: a deadline of the driver, or its end. */
  | { readonly kind: 'given-up' }
  | { readonly kind: 'out' | 'in'; readonly content: WireContent }
  /** The peer has ended it. */
  | { readonly kind: 'ended' }
  /** We have closed it. */
  | { readonly kind: 'closed' }
);

/** Must return at once and never throw. */
export type WireListener = (event: WireEvent) => void;

/** How many bytes of a device's own words `content` carries. */
export function sizeOf(content: WireContent): number {
  switch (content.kind) {
    case 'bytes':
    case 'datagram':
      return content.bytes.length;
    case 'text':
      return Buffer.byteLength(content.text);
    case 'request':
    case 'response':
      return content.body.length + sizeOfHeaders(content.headers);
    case 'call':
      return content.args.reduce((total, arg) => total + Buffer.byteLength(arg), 0);
    case 'result':
      return Buffer.byteLength(content.stdout) + Buffer.byteLength(content.stderr);
  }
}

function sizeOfHeaders(headers: Readonly<Record<string, readonly string[]>>): number {
  return Object.entries(headers).reduce((total, [name, values]) => total + name.length + values.join('').length, 0);
}
