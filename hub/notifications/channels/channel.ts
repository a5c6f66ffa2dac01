import type { Content } from '../message/content.ts';
import type { Reader } from '../message/text.ts';

/** A message on its way to one recipient. */
export interface Outgoing {
  /** Stable over all attempts, so that the other side can tell a repetition. */
  readonly id: string;
  readonly subject: string;
  readonly content: Content;
  /** Id of the delivery that opened the thread. */
  readonly rootId: string | undefined;
  readonly createdAtMs: number;
  readonly reader: Reader;
}

export interface MailRecipient {
  readonly email: string;
  readonly name: string;
}

export interface EndpointRecipient {
  readonly url: string;
  /** `whsec_...` */
  readonly secret: string;
}

/**
 * Carries a message out. Resolves when the other side has taken it. Throws RecoverableError when it may be tried again
 * (`details.retryAfterMs` when the other side says when), FatalError when that is useless.
 */
export interface Channel<R> {
  send(message: Outgoing, recipient: R, signal: AbortSignal): Promise<void>;
}
