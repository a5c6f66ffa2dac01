import { createHash, createPublicKey } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import type { Clock, Log } from '../../../protocols/ports.ts';
import { runToEnd, systemPath } from '../spawn.ts';

/** Through the kernel's resource manager, which takes away what a program leaves in the chip. */
const device = '/dev/tpmrm0';
/** A slow chip needs a second or two; the agent starts without its word. */
const readLimitMs = 8_000;
const maxBytes = 16 * 1024;

export interface TpmOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How the TPM is reached where it is not the kernel's, in the words of `TPM2TOOLS_TCTI` (tpm2-tools). */
  readonly tcti?: string | undefined;
}

/**
 * Reads what this machine's TPM is known by: SHA-256, in hex, of the public part of its endorsement key (P-256 by template L-2 of the
 * TCG EK Credential Profile 2.5), which the chip derives from a seed that never leaves it. One key only, for another one would
 * look like another machine, and this one because every chip makes it quickly.
 * Asked of the chip once a process and never kept on the disk: a copied disk would bring it along. Undefined, with a word in the
 * log, where there is none or it does not answer within 8 s.
 */
export function createTpmReader(options: TpmOptions): (signal: AbortSignal) => Promise<string | undefined> {
  let asked: Promise<string | undefined> | undefined;
  return (signal) => {
    asked ??= readKey(options, signal).catch((thrown: unknown) => {
      const error = toError(thrown);
      // Whoever asked has gone; the next one may wait longer.
      if (signal.aborted) asked = undefined;
      options.log.warn('the TPM does not tell its key; the machine is known by its serial numbers alone', { error });
      return undefined;
    });
    return asked;
  };
}

async function readKey({ clock, tcti }: TpmOptions, signal: AbortSignal): Promise<string | undefined> {
  if (tcti === undefined && !(await isThere(device))) return undefined;
  // The program opens what it writes by name, which it cannot do with the socket that Node gives it as its output.
  const folder = await mkdtemp(join(tmpdir(), 'edufleet-tpm-'));
  const file = join(folder, 'ek.pem');
  try {
    const { exitCode, stderr } = await runToEnd(
      {
        program: 'tpm2_createek',
        args: ['--key-algorithm', 'ecc', '--format', 'pem', '--ek-context', '/dev/null', '--public', file],
        environment: { PATH: systemPath, LC_ALL: 'C', TPM2TOOLS_TCTI: tcti ?? `device:${device}` },
        absent: () => new FatalError('program-missing', 'tpm2_createek is not installed: apt install tpm2-tools'),
        timeoutMs: readLimitMs,
        maxBytes,
        signal,
      },
      clock,
    );
    if (exitCode !== 0) throw new RecoverableError('tpm-refused', `tpm2_createek ended with ${exitCode}: ${stderr}`);
    const key = createPublicKey(await readFile(file)).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(key).digest('hex');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
