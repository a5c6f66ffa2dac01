import { z } from 'zod';
import { parseTime } from './controller.ts';
import { list, object, type RedfishDocument, text, tolerant } from './document.ts';
import { link, resourcePath } from './link.ts';

/** One entry of an event log (DSP0268, LogEntry). */
export interface LogEntry {
  readonly id: string;
  /** Milliseconds since the Unix epoch; undefined for a clock that was never set. */
  readonly created: number | undefined;
  readonly severity: 'OK' | 'Warning' | 'Critical' | undefined;
  readonly message: string;
  /** What it is about. */
  readonly part: string | undefined;
  readonly isResolved: boolean;
}

const severities: Readonly<Record<string, LogEntry['severity']>> = {
  ok: 'OK',
  warning: 'Warning',
  critical: 'Critical',
};

const entrySchema = object({
  '@odata.id': tolerant(z.unknown()),
  Id: text,
  Created: text,
  Severity: text,
  Message: text,
  MessageId: text,
  SensorType: text,
  Resolved: tolerant(z.boolean()),
});

const pageSchema = object({
  Members: list(entrySchema),
  'Members@odata.count': tolerant(z.int().min(0)),
  'Members@odata.nextLink': tolerant(z.unknown()),
});

/** A collection of entries: those that came whole, the links of those that did not, and where it goes on. */
export function parseLogPage(document: RedfishDocument): {
  readonly entries: readonly LogEntry[];
  readonly links: readonly string[];
  readonly next: string | undefined;
  /** Entries of the whole log, on all pages. */
  readonly total: number | undefined;
} {
  const page = pageSchema.parse(document);
  const isWhole = ({ Id, Message, MessageId }: (typeof page.Members)[number]) =>
    Id !== undefined && (Message !== undefined || MessageId !== undefined);
  return {
    entries: page.Members.filter(isWhole).map(entryOf),
    links: page.Members.filter((member) => !isWhole(member)).flatMap((member) => {
      const path = resourcePath(member['@odata.id']);
      return path === undefined ? [] : [path];
    }),
    next: resourcePath(page['Members@odata.nextLink']),
    total: page['Members@odata.count'],
  };
}

export function parseLogEntry(document: RedfishDocument): LogEntry {
  return entryOf(entrySchema.parse(document));
}

function entryOf(entry: z.infer<typeof entrySchema>): LogEntry {
  return {
    id: entry.Id ?? '',
    created: parseTime(entry.Created),
    severity: severities[entry.Severity?.toLowerCase() ?? ''],
    message: entry.Message ?? entry.MessageId ?? '',
    part: entry.SensorType,
    isResolved: entry.Resolved ?? false,
  };
}

const serviceSchema = object({ Id: text, ServiceEnabled: tolerant(z.boolean()), Entries: link });

/** A LogService: where its entries are. */
export function parseLogService(document: RedfishDocument): {
  readonly id: string | undefined;
  readonly isEnabled: boolean;
  readonly entries: string | undefined;
} {
  const { Id, ServiceEnabled, Entries } = serviceSchema.parse(document);
  return { id: Id, isEnabled: ServiceEnabled ?? true, entries: Entries };
}
