import type { Label } from '../../../protocols/fleet/capabilities/index.ts';
import type { MessageKind } from '../../store/tables/notification.ts';
import { type Severity, worstOf } from '../decision/severity.ts';

/** One cause as a message tells it. */
export interface Item {
  readonly what: 'opening' | 'update' | 'closing';
  readonly causeId: string;
  readonly title: Label;
  readonly next?: Label | undefined;
  /** School, or unit, with what it lies in. */
  readonly place: string;
  /** Device or agent. */
  readonly about?: string | undefined;
  readonly severity: Severity;
  readonly affected: number;
  /** ISO 8601. */
  readonly openedAt: string;
  readonly resolvedAt?: string | undefined;
}

/** What a message says, in both languages and without a form; it is rendered when it is sent. */
export interface Content {
  readonly kind: MessageKind;
  /** At most `mostItems` of them, the worst first. */
  readonly items: readonly Item[];
  /** How many there are of each, whatever is listed. */
  readonly counts: { readonly opening: number; readonly update: number; readonly closing: number };
  readonly severity: Severity;
  /** For a word of the hub itself. */
  readonly words?: { readonly title: Label; readonly text: Label } | undefined;
}

const mostItems = 50;

export function contentOf(kind: MessageKind, all: readonly Item[]): Content {
  const count = (what: Item['what']) => all.filter((item) => item.what === what).length;
  const worth = (item: Item) =>
    ['critical', 'major', 'minor', 'notice'].indexOf(item.severity) + (item.what === 'closing' ? 10 : 0);
  const items = [...all].sort((a, b) => worth(a) - worth(b) || b.affected - a.affected).slice(0, mostItems);
  const counts = { opening: count('opening'), update: count('update'), closing: count('closing') };
  return { kind, items, counts, severity: worstOf(all.map(({ severity }) => severity)) };
}

export function wordOf(title: Label, text: Label): Content {
  return {
    kind: 'word',
    items: [],
    counts: { opening: 0, update: 0, closing: 0 },
    severity: 'minor',
    words: { title, text },
  };
}
