import { z } from 'zod';
import { toError } from '../../../protocols/errors.ts';
import type { Clock } from '../../../protocols/ports.ts';
import { runScript } from '../../platform/spawn.ts';

const optionalText = z.string().max(200).optional();
const answer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    vendor: optionalText,
    model: optionalText,
    serial: optionalText,
    firmware: optionalText,
  }),
  z.object({ ok: z.literal(false), message: z.string().max(300) }),
]);

/** Why node-onvif cannot be asked at all. */
export type Limit = 'https' | 'characters' | 'username';

/** What the other program says of a camera; a limit when it is not worth asking. */
export type Opinion = z.infer<typeof answer> | { readonly ok: 'not-asked'; readonly limit: Limit };

/** `only-second` is our own fault, `only-ours` a limit of the other program, `nobody` the camera or its password. */
export type Verdict = 'both' | 'only-second' | 'only-ours' | 'nobody' | 'not-compared';

export interface CameraQuestion {
  /** An address that the network policy has allowed; never a name. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly username: string;
  readonly password: string;
}

/** Its own timeout is 3 s, for each of two requests. */
const timeoutMs = 10_000;
const maxBytes = 64 * 1024;

/** What the other program is known to be unable to do, before it is asked. */
export function limitOf({ isSecure, username, password }: Omit<CameraQuestion, 'host' | 'port'>): Limit | undefined {
  if (isSecure) return 'https';
  if (/[^\x20-\x7e]|[<>]/.test(username + password)) return 'characters';
  // It writes the name into XML as it is.
  return username.includes('&') ? 'username' : undefined;
}

/** Asks node-onvif about a camera, in a process of its own. Throws nothing but the signal's reason. */
export async function askSecondOpinion(question: CameraQuestion, clock: Clock, signal: AbortSignal): Promise<Opinion> {
  const limit = limitOf(question);
  if (limit !== undefined) return { ok: 'not-asked', limit };
  const { host, port, username, password } = question;
  try {
    const { stdout } = await runScript(
      {
        script: new URL('./main.ts', import.meta.url),
        input: JSON.stringify({ host, port, username, password }),
        timeoutMs,
        maxBytes,
        signal,
      },
      clock,
    );
    return answer.parse(JSON.parse(stdout));
  } catch (thrown) {
    signal.throwIfAborted();
    return { ok: false, message: toError(thrown).message.slice(0, 300) };
  }
}

/** Whose fault it is when one of two independent programs cannot read a camera. */
export function compare(areWeAnswered: boolean, opinion: Opinion): Verdict {
  if (opinion.ok === 'not-asked') return areWeAnswered ? 'only-ours' : 'not-compared';
  if (opinion.ok) return areWeAnswered ? 'both' : 'only-second';
  return areWeAnswered ? 'only-ours' : 'nobody';
}
