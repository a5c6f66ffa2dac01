import type { Sip2Field, Sip2Message } from './message.ts';

/** What a library gate asks. It has no check-out and no check-in on purpose: a gate only looks. */
export type Sip2Request = Pick<Sip2Message, 'code' | 'fixed' | 'fields'>;

export interface Login {
  readonly username: string;
  readonly password: string;
  /** Where the terminal stands; some systems choose its rules by it. */
  readonly location: string | undefined;
}

/** 93: signs in, with name and password as they are. */
export function login({ username, password, location }: Login): Sip2Request {
  const fields: Sip2Field[] = [
    { name: 'CN', value: username },
    { name: 'CO', value: password },
    ...(location === undefined ? [] : [{ name: 'CP', value: location }]),
  ];
  // Both algorithms 0: neither is encrypted by itself.
  return { code: '93', fixed: '00', fields };
}

/** 99: says that we are well (0), print up to 80 characters and speak 2.00; the answer tells what the system can do. */
export function terminalStatus(): Sip2Request {
  return { code: '99', fixed: '00802.00', fields: [] };
}

export interface ItemQuestion {
  /** What the library system calls itself; may be empty. */
  readonly institution: string;
  readonly item: string;
  /** Wall clock in milliseconds. */
  readonly nowMs: number;
}

/** 17: asks for the state of an item. */
export function itemInformation({ institution, item, nowMs }: ItemQuestion): Sip2Request {
  return {
    code: '17',
    fixed: formatDate(nowMs),
    fields: [
      { name: 'AO', value: institution },
      { name: 'AB', value: item },
      { name: 'AC', value: '' },
    ],
  };
}

/** 97: asks to hear the last answer again. It has a checksum and no sequence number. */
export const resendRequest: Sip2Message = { code: '97', fixed: '', fields: [], isChecked: true };

/** 18 characters: date, time zone (`   Z` is UTC) and time. */
function formatDate(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().replaceAll(/[-:]/g, '').split('T');
  return `${date}   Z${time.slice(0, 6)}`;
}
