import type { Problem } from '../../../../../protocols/fleet/problem.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';

/** Codes by which any driver says why a device did not do what it was asked. */
const known: Readonly<Record<string, TextKey>> = {
  unreachable: 'problem.unreachable',
  refused: 'problem.refused',
  authentication: 'problem.authentication',
  timeout: 'problem.timeout',
  busy: 'problem.busy',
  unavailable: 'problem.unavailable',
  protocol: 'problem.protocol',
  'no-effect': 'problem.no-effect',
  'device-fault': 'problem.device-fault',
  unsupported: 'problem.unsupported',
  'connection-lost': 'problem.connection-lost',
};

/** Why something does not work, in words for people; what the machine said is one click away. */
export function ProblemWords({ problem }: { readonly problem: Problem }) {
  const { t } = useText();
  const { code, message } = problem;
  const key = known[code];
  if (key === undefined) return <p className="small">{t('command.problem', { message, code })}</p>;
  return (
    <div className="small">
      <p>{t(key)}</p>
      <details className="soft">
        <summary>{t('problem.more')}</summary>
        <p className="problem-said">{t('command.problem', { message, code })}</p>
      </details>
    </div>
  );
}
