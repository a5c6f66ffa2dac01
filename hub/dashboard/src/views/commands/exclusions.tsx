import type { CommandExclusion } from '../../../../../protocols/api/operation/commands.ts';
import { findPrecondition } from '../../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';

const reasons: Readonly<Record<string, TextKey>> = {
  'not-found': 'excluded.not-found',
  retired: 'excluded.retired',
  'no-access': 'excluded.no-access',
  'not-offered': 'excluded.not-offered',
  lesson: 'excluded.lesson',
  exam: 'excluded.exam',
  'already-waiting': 'excluded.already-waiting',
  'too-many': 'excluded.too-many',
};

/** Why a device is left out, in words; a reason of a newer hub shows by its code. */
function useReason() {
  const { t, pick } = useText();
  return (code: string) => {
    const precondition = findPrecondition(code);
    if (precondition) return pick(precondition.label);
    const key = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
    return key ? t(key) : code;
  };
}

/** Devices that do not get a command, by reason, with a few of them by name. */
export function Exclusions({ exclusions }: { readonly exclusions: readonly CommandExclusion[] }) {
  const { t } = useText();
  const reasonOf = useReason();
  if (exclusions.length === 0) return null;
  const count = exclusions.reduce((sum, one) => sum + one.count, 0);
  return (
    <div>
      <b>{t('bulk.excluded', { count })}</b>
      <ul className="exclusions">
        {exclusions.map(({ code, count: of, examples }) => (
          <li key={code}>
            <span className="number">{of}</span> {reasonOf(code)}
            <span className="under">
              {examples.map(({ name }) => name).join(', ')}
              {of > examples.length ? ', …' : ''}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
