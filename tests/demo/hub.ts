import { join } from 'node:path';
import { z } from 'zod';
import { type Child, startChild } from '../support/child.ts';

/** Where a running hub is reached, as it says itself in one line of JSON when it is ready. */
const readyLine = z.object({
  ready: z.literal('edufleet-hub'),
  url: z.string(),
  gatewayUrl: z.string(),
  brokerUrl: z.string(),
  engine: z.string(),
  durable: z.boolean(),
});
export type HubAddress = z.infer<typeof readyLine>;

export interface RunningHub extends AsyncDisposable {
  readonly address: HubAddress;
  readonly child: Child;
}

export interface HubOptions {
  readonly dataDir: string;
  /** Port of the dashboard; gateway and broker take the next two. 0 takes three free ones. */
  readonly port: number;
  readonly admin: { readonly email: string; readonly password: string };
  /** Exact ports, in place of `port`. */
  readonly ports?: { readonly http: string; readonly gateway: string; readonly broker: string };
  readonly databaseUrl?: string;
  readonly logLevel?: string;
  /** Further settings, e.g. `EDUFLEET_ACCESS__TWO_FACTOR_ROLES`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
}

/** Starts `edufleet-hub serve` as its own process and waits until it is ready. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const after = (step: number) => String(options.port === 0 ? 0 : options.port + step);
  const ports = options.ports ?? { http: after(0), gateway: after(1), broker: after(2) };
  const child = startChild('hub/main.ts', ['serve'], {
    env: {
      EDUFLEET_DATA_DIR: join(options.dataDir, 'hub'),
      EDUFLEET_HTTP__PORT: ports.http,
      EDUFLEET_GATEWAY__PORT: ports.gateway,
      EDUFLEET_BROKER__PORT: ports.broker,
      EDUFLEET_ADMIN__EMAIL: options.admin.email,
      EDUFLEET_ADMIN__PASSWORD: options.admin.password,
      EDUFLEET_LOG__LEVEL: options.logLevel ?? 'info',
      ...(options.databaseUrl ? { EDUFLEET_DATABASE_URL: options.databaseUrl } : {}),
      ...options.settings,
    },
    ...(options.onLog ? { onLog: options.onLog } : {}),
  });
  const address = await child.line(
    (line) => (line.startsWith('{') ? readyLine.safeParse(JSON.parse(line)).data : undefined),
    90_000,
  );
  return { address, child, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
