import { type Severity, severityOf } from './condition.ts';
import { fieldsOf, linesOf, requireField } from './output.ts';

/** Whether a log has changed: `sel info` (IPMI 2.0 section 31.2). */
export interface LogSummary {
  readonly entries: number;
  /** As text: only whether they change matters. */
  readonly lastAdded: string;
  readonly lastErased: string;
}

/** Throws ProtocolError. */
export function parseLogSummary(output: string): LogSummary {
  const fields = fieldsOf(output);
  const entries = Number.parseInt(requireField(fields, 'Entries'), 10);
  return {
    entries: Number.isInteger(entries) ? entries : 0,
    lastAdded: fields.get('Last Add Time') ?? '',
    lastErased: fields.get('Last Del Time') ?? '',
  };
}

/** One line of `sel elist`. */
export interface SelEntry {
  /** Record id; a log that is cleared begins again. */
  readonly id: number;
  /** As the controller's clock had it, `Pre-Init` before it was set. */
  readonly time: string;
  /** Kind and name of the sensor, such as `Temperature CPU1 Temp`. */
  readonly part: string;
  readonly message: string;
  /** `ok` for what is over (deasserted) and for what is no trouble. */
  readonly severity: Severity;
}

const mostEntries = 256;

/** Entries in the order of the log, oldest first; the last 256. Lines that are none are left out. */
export function parseLogEntries(output: string): readonly SelEntry[] {
  return linesOf(output)
    .flatMap((line) => readLine(line) ?? [])
    .slice(-mostEntries);
}

function readLine(line: string): SelEntry | undefined {
  const [id = '', date, time, part, description, direction = '', ...more] = line.split('|').map((cell) => cell.trim());
  if (!/^[0-9a-f]{1,4}$/i.test(id) || date === undefined || time === undefined || description === undefined)
    return undefined;
  const isOver = direction === 'Deasserted';
  return {
    id: Number.parseInt(id, 16),
    time: `${date} ${time}`,
    part: part ?? '',
    message: [description, ...(isOver ? [direction] : []), ...more].filter((cell) => cell !== '').join(', '),
    severity: isOver ? 'ok' : severityOf(description),
  };
}
