import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../support/child.ts';

export interface AgentOptions {
  readonly dataDir: string;
  /** Addresses of the simulated school; they are on loopback, which the policy then allows. */
  readonly targets?: readonly { readonly host: string; readonly port: number }[];
  /** Where it listens for devices that come by themselves; nowhere unless given. */
  readonly broker?: { readonly host: string; readonly port: number } | undefined;
  readonly logLevel?: string;
  readonly onLog?: (line: string) => void;
}

function environmentOf({ dataDir, targets = [], broker, logLevel = 'info' }: AgentOptions): Record<string, string> {
  return {
    EDUFLEET_DATA_DIR: dataDir,
    // Several schools may stand on this machine.
    EDUFLEET_MACHINE__SERIAL: createHash('sha256').update(dataDir).digest('hex').slice(0, 20),
    EDUFLEET_LOG__LEVEL: logLevel,
    EDUFLEET_NETWORK__BROADCAST: 'false',
    EDUFLEET_HUB__RETURN_SPREAD_SECONDS: '2',
    EDUFLEET_DISCOVERY__TARGETS: JSON.stringify(targets),
    ...(broker
      ? { EDUFLEET_LOCAL_BROKER__HOST: broker.host, EDUFLEET_LOCAL_BROKER__PORT: String(broker.port) }
      : { EDUFLEET_LOCAL_BROKER__ENABLED: 'false' }),
    // The hub stands on this machine as well, and is refused to devices unless its very address is named.
    ...(targets.length > 0 ? { EDUFLEET_NETWORK__ALLOW: '["127.0.0.0/8", "127.0.0.1"]' } : {}),
  };
}

export function isEnrolled(dataDir: string): boolean {
  return existsSync(join(dataDir, 'identity', 'agent.json'));
}

/** Runs `edufleet-agent enrol` to its end. Throws with its words when it fails. */
export async function enrolAgent(
  options: AgentOptions,
  hub: { readonly gatewayUrl: string; readonly voucher: string },
): Promise<void> {
  const child = startChild('agent/main.ts', ['enrol', '--hub', hub.gatewayUrl, '--voucher', hub.voucher], {
    env: environmentOf(options),
  });
  const code = await child.exited;
  if (code !== 0) throw new Error(`edufleet-agent enrol ended with ${code}: ${child.log.slice(-5).join('\n')}`);
}

/** Starts `edufleet-agent run` as its own process. */
export function startAgent(options: AgentOptions): Child {
  return startChild('agent/main.ts', ['run'], {
    env: environmentOf(options),
    ...(options.onLog ? { onLog: options.onLog } : {}),
  });
}
