import { parseCollection } from '../../../../protocols/redfish/link.ts';
import { type LogEntry, parseLogEntry, parseLogPage, parseLogService } from '../../../../protocols/redfish/log.ts';
import type { Level, LogLine } from '../controller.ts';
import type { RedfishClient } from './redfish-client.ts';
import { allOf } from './refusal.ts';

const mostLogs = 3;
const mostServices = 8;
const mostPages = 6;
/** Entries that a service gives as links only are fetched one by one; the newest of them. */
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

/** The entries of these logs, newest last; undefined when none could be read. */
export async function readLogs(
  client: RedfishClient,
  logs: readonly string[],
  signal: AbortSignal,
): Promise<readonly LogLine[] | undefined> {
  const read = await allOf(logs, async (path) =>
    (await readLog(client, path, signal)).map((entry) => lineOf(path, entry)),
  );
  return read.length === 0
    ? undefined
    : read
        .flat()
        .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
        .slice(-mostEntries);
}

async function readLog(client: RedfishClient, path: string, signal: AbortSignal): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  const links: string[] = [];
  let next: string | undefined = path;
  for (let page = 0; next !== undefined && page < mostPages; page++) {
    const found = parseLogPage(await client.get(next, signal));
    entries.push(...found.entries);
    links.push(...found.links);
    next = found.next;
  }
  const fetched = await allOf(links.slice(-mostFetched), async (link) => parseLogEntry(await client.get(link, signal)));
  return [...entries, ...fetched];
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
