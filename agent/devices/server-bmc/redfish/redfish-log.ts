import { parseCollection, resourcePath } from '../../../../protocols/redfish/link.ts';
import { type LogEntry, parseLogEntry, parseLogPage, parseLogService } from '../../../../protocols/redfish/log.ts';
import type { Level, LogLine } from '../controller.ts';
import type { RedfishClient } from './redfish-client.ts';
import { allOf, unlessRefused } from './refusal.ts';

type LogPage = ReturnType<typeof parseLogPage>;

const mostLogs = 3;
const mostServices = 8;
/** Pages of the end of a log, after the first of them. */
const mostPages = 16;
/** How many of the last entries are asked for. */
const endLength = 64;
/** Entries that a service gives as links only are fetched one by one: so many of either end. */
const mostFetched = 16;
const mostEntries = 512;

/** Logs of audits and of the life of parts say who signed in and what was plugged; what is wrong stands in the others. */
const otherLogs = /audit|lifecycle|lclog|dump|journal|crash|security/i;

/** Entry collections of the event logs behind these LogServices; at most 3. */
export async function findLogs(
  client: RedfishClient,
  logServices: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const collections = await allOf(logServices, async (path) => parseCollection(await client.get(path, signal)).members);
  const paths = [...new Set(collections.flat())].filter((path) => !otherLogs.test(path)).slice(0, mostServices);
  const services = await allOf(paths, async (path) => parseLogService(await client.get(path, signal)));
  return services
    .filter(({ isEnabled, id }) => isEnabled && !otherLogs.test(id ?? ''))
    .flatMap(({ entries }) => entries ?? [])
    .slice(0, mostLogs);
}

/** Reads event logs, and remembers the entries that it had to fetch one by one: they do not change. */
export class RedfishLogReader {
  readonly #client: RedfishClient;
  /** Bounded: the oldest go first. */
  readonly #fetched = new Map<string, LogEntry>();

  constructor(client: RedfishClient) {
    this.#client = client;
  }

  /** The entries of these logs, newest last; undefined when none could be read. Throws DeviceError when the connection fails. */
  async read(logs: readonly string[], signal: AbortSignal): Promise<readonly LogLine[] | undefined> {
    const read = await allOf(logs, async (path) => {
      const entries = await this.#readLog(path, signal);
      return entries.map((entry) => lineOf(path, entry));
    });
    if (read.length === 0) return undefined;
    return read
      .flat()
      .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
      .slice(-mostEntries);
  }

  /** The first page and the end of the log: some services begin with the newest entry, some with the oldest. */
  async #readLog(path: string, signal: AbortSignal): Promise<readonly LogEntry[]> {
    const first = parseLogPage(await this.#client.get(path, signal));
    const pages = [first, ...(first.next ? await this.#readEnd(path, first, signal) : [])];
    const links = [...new Set(pages.flatMap((page) => page.links))];
    const ends = new Set([...links.slice(0, mostFetched / 2), ...links.slice(-mostFetched / 2)]);
    const fetched = await allOf([...ends], (link) => this.#fetch(link, signal));
    return [...pages.flatMap(({ entries }) => entries), ...fetched];
  }

  /** The last pages, by `$skip` (DSP0266 section 7.3); the ones that follow the first where the service does not skip. */
  async #readEnd(path: string, first: LogPage, signal: AbortSignal): Promise<readonly LogPage[]> {
    const { total } = first;
    const start = total === undefined ? undefined : resourcePath(`${path}?$skip=${Math.max(0, total - endLength)}`);
    const skipped = start && (await unlessRefused(async () => parseLogPage(await this.#client.get(start, signal))));
    const pages: LogPage[] = skipped ? [skipped] : [];
    let next = (pages.at(-1) ?? first).next;
    for (let page = 0; next !== undefined && page < mostPages; page++) {
      const found = parseLogPage(await this.#client.get(next, signal));
      pages.push(found);
      next = found.next;
    }
    return pages;
  }

  async #fetch(link: string, signal: AbortSignal): Promise<LogEntry> {
    const entry = this.#fetched.get(link) ?? parseLogEntry(await this.#client.get(link, signal));
    this.#fetched.set(link, entry);
    if (this.#fetched.size > mostEntries) this.#fetched.delete(this.#fetched.keys().next().value ?? '');
    return entry;
  }
}

const levels = { OK: 'ok', Warning: 'warning', Critical: 'error' } as const satisfies Record<string, Level>;

function lineOf(path: string, { id, created, severity, message, part, isResolved }: LogEntry): LogLine {
  return {
    key: `${path} ${id} ${created ?? ''} ${message.slice(0, 60)}`,
    at: created,
    level: severity && !isResolved ? levels[severity] : 'ok',
    part: part ?? 'event log',
    message,
  };
}
