import { parseArgs } from 'node:util';

/** What a person may ask of `npm start`. */
export interface DemoOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly seed: number;
  /** No simulated school: only this machine. */
  readonly empty: boolean;
  readonly quiet: boolean;
}

export const usage = `npm start -- [options]

Starts a hub with its embedded database and broker, an agent that reports this machine, and a simulated school.

  --port N     port of the dashboard (default 8080); the gateway takes N+1, the broker N+2
  --data DIR   data folder (default .edufleet); a second start keeps what is there
  --seed N     seed of the simulated school (default 1)
  --empty      no simulated school, only this machine
  --quiet      no progress, only the address
  --help       this text

Ctrl-C stops everything in order.`;

/** Thrown for a wrong option; the text is for the person who typed it. */
export class UsageError extends Error {}

/** Reads the command line; undefined when help was asked. Throws UsageError. */
export function readOptions(argv: readonly string[]): DemoOptions | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  return {
    port: whole('--port', values.port, 1, 65_533),
    dataDir: values.data,
    seed: whole('--seed', values.seed, 0, 4_294_967_295),
    empty: values.empty,
    quiet: values.quiet,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '8080' },
        data: { type: 'string', default: '.edufleet' },
        seed: { type: 'string', default: '1' },
        empty: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new UsageError(`${name} takes a whole number from ${min} to ${max}, not ${text}`);
  return value;
}
