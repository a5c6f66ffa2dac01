/** A voucher as it is handed to whoever sets up the machine. */
export interface VoucherToPrint {
  /** `EF1-...`, in groups. */
  readonly code: string;
  /** What the QR code of a label says: all that `--voucher` needs. */
  readonly scan: string;
  /** What the larger QR code of a sheet says: the same, signed by the hub. */
  readonly token: string;
  readonly school: string;
  /** The name of the machine to be, or what the delivery is called. */
  readonly label?: string;
  readonly expiresAt: Date;
  /** `https://host:port`. */
  readonly hubUrl: string;
}

/** The code in lines of whole groups, so that a line never ends within one. */
export function codeLines(code: string, groupsInLine: number): readonly string[] {
  const groups = code.split('-');
  const lines: string[] = [];
  for (let from = 0; from < groups.length; from += groupsInLine) {
    const isLast = from + groupsInLine >= groups.length;
    lines.push(`${groups.slice(from, from + groupsInLine).join('-')}${isLast ? '' : '-'}`);
  }
  return lines;
}

const moment = new Intl.DateTimeFormat('vi-VN', {
  timeZone: 'Asia/Ho_Chi_Minh',
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});

/** `07:15 02/03/2026`, the time of Viet Nam wherever the hub stands. */
export function printedMoment(at: Date): string {
  const part = Object.fromEntries(moment.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part['hour']}:${part['minute']} ${part['day']}/${part['month']}/${part['year']}`;
}
