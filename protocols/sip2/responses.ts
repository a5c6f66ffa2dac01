import { ProtocolError } from '../bytes/error.ts';
import { fieldOf, type Sip2Message } from './message.ts';

/** What a library system says about itself (98). */
export interface SystemStatus {
  readonly isOnline: boolean;
  /** Whether it answers questions for an item (17); undefined when it does not tell what it answers. */
  readonly answersItems: boolean | undefined;
  readonly institution: string | undefined;
}

/** What a library system says about one item (18). Titles, and all that concerns a reader, are left unread on purpose. */
export interface ItemStatus {
  /** The id that was asked for. */
  readonly item: string | undefined;
  /** Circulation status 01 to 13, or a number that the system made up. */
  readonly circulation: number;
  /** It has a title: a system answers an id that it does not know without one. */
  readonly isKnown: boolean;
  readonly hasDueDate: boolean;
}

/** Character of BX for each message, in the order of the standard; item information (17) is the eleventh. */
const itemInformationAt = 10;

/** Whether a 94 accepts us. Throws ProtocolError. */
export function readLogin(message: Sip2Message): boolean {
  return expectCode(message, '94').fixed === '1';
}

/** Throws ProtocolError `malformed` when this is no 98. */
export function readSystemStatus(message: Sip2Message): SystemStatus {
  const { fixed } = expectCode(message, '98');
  const supported = fieldOf(message, 'BX');
  return {
    isOnline: fixed.startsWith('Y'),
    answersItems: supported === undefined ? undefined : supported.charAt(itemInformationAt) === 'Y',
    institution: fieldOf(message, 'AO'),
  };
}

/** Throws ProtocolError `malformed` when this is no 18. */
export function readItemStatus(message: Sip2Message): ItemStatus {
  const { fixed } = expectCode(message, '18');
  const circulation = /^\d\d/.exec(fixed)?.[0];
  if (circulation === undefined) throw new ProtocolError('malformed', 'an item has no circulation status');
  return {
    item: fieldOf(message, 'AB'),
    circulation: Number(circulation),
    isKnown: (fieldOf(message, 'AJ') ?? '').trim() !== '',
    hasDueDate: (fieldOf(message, 'AH') ?? '').trim() !== '',
  };
}

function expectCode(message: Sip2Message, code: string): Sip2Message {
  if (message.code === code) return message;
  throw new ProtocolError('malformed', `${message.code} is no answer where ${code} is`);
}
