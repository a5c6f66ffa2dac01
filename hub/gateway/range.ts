import type { IncomingHttpHeaders } from 'node:http';

interface Part {
  readonly from: number;
  readonly to: number;
  readonly isPart: boolean;
}

/**
 * Which bytes of a file a request asks for, both ends included (RFC 9110 sections 13.1.5 and 14.1.2). One range is
 * honoured; several, other units and what is malformed get the whole, as does a range whose `If-Range` is not `tag`.
 */
export function rangeOf(headers: IncomingHttpHeaders, length: number, tag: string): Part | 'unsatisfiable' {
  const whole = { from: 0, to: length - 1, isPart: false };
  const condition = headers['if-range'];
  const [, first = '', last = ''] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(headers.range ?? '') ?? [];
  if ((first === '' && last === '') || (condition !== undefined && condition !== tag)) return whole;
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 ? 'unsatisfiable' : { from: Math.max(0, length - suffix), to: length - 1, isPart: true };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return whole;
  if (from >= length) return 'unsatisfiable';
  return { from, to: last === '' ? length - 1 : Math.min(Number(last), length - 1), isPart: true };
}
