import type { Clock, Log } from '../../protocols/ports.ts';
import { type BrokerCounters, count } from './counters.ts';
import type { Rejection, RejectionCode } from './error.ts';
import type { BrokerAudit, BrokerQuarantine } from './ports.ts';

/** Where somebody knocked, as far as it is known. */
export interface Knock {
  readonly address: string;
  readonly agentId?: string;
  readonly topic?: string;
  readonly payload?: Uint8Array;
}

/** Tells people why somebody was refused: a counter always, log and quarantine within a bound for each address. */
export interface Journal {
  rejected(rejection: Rejection, knock: Knock): void;
  /** The contract was broken: it stands in the audit log too. */
  violated(rejection: Rejection, knock: Knock): void;
  /** A payload that cannot be taken: kept for people, acknowledged to the agent. */
  unusable(knock: Knock & { readonly channel: string }, code: string, message: string): void;
}

interface Window {
  beganMs: number;
  told: number;
  kept: number;
}

/** Lines that one address may cause in a window, and addresses that are remembered at once. */
const linesPerWindow = 10;
const windowMs = 60_000;
const mostAddresses = 10_000;

/** Ordinary ends of a connection: counted, and told at the level of details only. */
const ordinary: ReadonlySet<RejectionCode> = new Set(['connection-lost', 'keepalive-timeout']);

export interface JournalDeps {
  readonly counters: BrokerCounters;
  readonly quarantine: BrokerQuarantine;
  readonly audit: BrokerAudit;
  readonly clock: Clock;
  readonly log: Log;
}

export function createJournal({ counters, quarantine, audit, clock, log }: JournalDeps): Journal {
  const windows = new Map<string, Window>();

  /** Whether this address or agent may cause another line in this window. */
  const mayTell = (key: string): boolean => {
    const now = clock.mono();
    let window = windows.get(key);
    if (!window || now - window.beganMs > windowMs) {
      if (window && window.kept > 0) log.warn('more refusals were not told', { from: key, count: window.kept });
      if (!window && windows.size >= mostAddresses) windows.clear();
      window = { beganMs: now, told: 0, kept: 0 };
      windows.set(key, window);
    }
    if (window.told < linesPerWindow) {
      window.told++;
      return true;
    }
    window.kept++;
    return false;
  };

  const tell = (rejection: Rejection, knock: Knock): void => {
    log.warn('refused by the broker', { ...factsOf(knock), code: rejection.code, reason: rejection.message });
    quarantine.add({
      ...(knock.agentId === undefined ? {} : { agentId: knock.agentId }),
      channel: knock.topic ?? 'connect',
      code: rejection.code,
      message: `${rejection.message} (from ${knock.address})`,
      payload: knock.payload ?? new Uint8Array(),
    });
  };

  return {
    rejected: (rejection, knock) => {
      count(counters.rejects, rejection.code);
      const { code, message } = rejection;
      if (ordinary.has(code)) log.debug('connection ended', { ...factsOf(knock), code, reason: message });
      else if (mayTell(knock.agentId ?? knock.address)) tell(rejection, knock);
    },
    violated: (rejection, knock) => {
      count(counters.rejects, rejection.code);
      // Always told: the ban that follows bounds how often this happens.
      tell(rejection, knock);
      const subject = knock.agentId === undefined ? 'broker' : `agent:${knock.agentId}`;
      audit
        .append({
          actor: subject,
          action: 'broker.violation',
          subject,
          origin: knock.address,
          detail: { code: rejection.code, reason: rejection.message, ...(knock.topic ? { topic: knock.topic } : {}) },
        })
        .catch((error: unknown) => log.error('audit of a violation failed', { error, agent: knock.agentId }));
    },
    unusable: (knock, code, message) => {
      count(counters.rejects, 'unusable-payload');
      if (mayTell(knock.agentId ?? knock.address))
        log.warn('payload quarantined', { ...factsOf(knock), code, reason: message });
      quarantine.add({
        ...(knock.agentId === undefined ? {} : { agentId: knock.agentId }),
        channel: knock.channel,
        code,
        message,
        payload: knock.payload ?? new Uint8Array(),
      });
    },
  };
}

function factsOf({ address, agentId, topic }: Knock) {
  return { address, ...(agentId === undefined ? {} : { agent: agentId }), ...(topic === undefined ? {} : { topic }) };
}
