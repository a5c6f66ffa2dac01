import { FatalError, toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { runToEnd, systemPath } from '../spawn.ts';

/** What a service tells who started it (sd_notify(3)). */
export interface Notice {
  /** `ready` once, when it serves; `alive` again and again; `stopping` once, before it ends. */
  readonly state?: 'ready' | 'alive' | 'stopping';
  /** One line for a person. */
  readonly status?: string;
}

/** Who started this process and watches it; systemd where there is one, nobody otherwise. */
export interface ServicePort {
  /** Ends and restarts the process when `alive` is not told within this; undefined when nobody watches. Milliseconds. */
  readonly watchdogMs: number | undefined;
  /** Never fails: a notice that could not be given is a line in the log. */
  notify(notice: Notice): Promise<void>;
}

export interface ServiceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Where `systemd-notify` is found; Debian's folders unless given. */
  readonly searchPath?: string;
}

const words = { ready: 'READY=1', alive: 'WATCHDOG=1', stopping: 'STOPPING=1' } as const;
const timeoutMs = 5_000;

/**
 * Speaks to systemd by its own program: Node has no datagram sockets of the Unix family. One program a notice costs some
 * milliseconds; a beat comes every third of the watchdog's time, so it needs one or two a minute.
 */
export function createServicePort({ environment, clock, log, searchPath = systemPath }: ServiceOptions): ServicePort {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds, WATCHDOG_PID: watched } = environment;
  if (!socket) return { watchdogMs: undefined, notify: async () => {} };
  const isOurs = watched === undefined || watched === String(process.pid);
  const watchdogMs = isOurs && Number(microseconds) > 0 ? Number(microseconds) / 1_000 : undefined;
  const send = async (args: readonly string[]) => {
    const environmentOfIt = { PATH: searchPath, NOTIFY_SOCKET: socket };
    const absent = () => new FatalError('program-missing', 'systemd-notify is not installed');
    const run = { program: 'systemd-notify', args, environment: environmentOfIt, absent, timeoutMs, maxBytes: 4_096 };
    const { exitCode, stderr } = await runToEnd(run, clock);
    if (exitCode !== 0) throw new Error(`systemd-notify ended with ${exitCode}: ${stderr.trim()}`);
  };
  return {
    watchdogMs,
    notify: async ({ state, status }) => {
      const args = [...(state ? [words[state]] : []), ...(status ? [`STATUS=${status.replace(/\s+/g, ' ')}`] : [])];
      if (args.length === 0) return;
      try {
        await send(args);
      } catch (thrown) {
        log.warn('systemd was not told', { notice: args.join(' '), error: toError(thrown) });
      }
    },
  };
}
