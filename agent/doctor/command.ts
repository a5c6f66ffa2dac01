import { FatalError } from '../../protocols/errors.ts';
import type { ExaminationOptions } from './examination.ts';
import { examine } from './examination.ts';
import { isWell, judge } from './judgement.ts';
import { describeFindings, findingsJson } from './report.ts';
import type { Language } from './texts.ts';

export interface DoctorFlags {
  /** The hub's gateway, for a machine that is not enrolled yet. */
  readonly hub?: string;
  readonly json?: boolean;
  readonly lang?: string;
}

export interface DoctorPorts extends Omit<ExaminationOptions, 'gatewayUrl'> {
  /** One line for standard output. */
  readonly print: (line: string) => void;
}

/**
 * Looks at this machine and tells what is wrong and what to do. Returns the exit code: 0 when nothing is wrong, else 1.
 * Throws FatalError `invalid-language`, `invalid-url`.
 */
export async function doctorCommand(flags: DoctorFlags, { print, ...ports }: DoctorPorts): Promise<number> {
  const language = languageOf(flags);
  const { hub } = flags;
  if (hub !== undefined && URL.parse(hub)?.protocol !== 'https:') {
    throw new FatalError('invalid-url', `${hub.slice(0, 200)} is no address of a hub; write https://host:port`);
  }
  const findings = judge(await examine({ ...ports, ...(hub === undefined ? {} : { gatewayUrl: hub }) }));
  const lines = flags.json ? [JSON.stringify(findingsJson(findings, language))] : describeFindings(findings, language);
  for (const line of lines) print(line);
  return isWell(findings) ? 0 : 1;
}

function languageOf({ lang = 'vi' }: DoctorFlags): Language {
  if (lang === 'vi' || lang === 'en') return lang;
  throw new FatalError('invalid-language', `there is no language ${lang}; choose vi or en`);
}
